import { createHash } from 'node:crypto';
import type { FollowedTable } from '../followed-table.js';
import { CAPTURE_TRIGGER } from './scaffolding.js';

/**
 * SQL of a digest of what the triggers stand on: columns and triggers of the tables that have
 * capture. It changes with every column, and when a table or a trigger is dropped, disabled or made
 * anew. Null when no table has capture.
 */
export const SCHEMA_FINGERPRINT = `
  (SELECT md5(string_agg(part, ',' ORDER BY part)) FROM (
     SELECT concat_ws(' ', t.tgrelid, t.oid, t.tgname, t.tgenabled) AS part FROM pg_trigger t
      WHERE t.tgname LIKE 'cardctl\\_%'
      UNION ALL
     SELECT concat_ws(' ', a.attrelid, a.attnum, a.attname, a.atttypid, a.attidentity, a.attgenerated)
       FROM pg_trigger t JOIN pg_attribute a ON a.attrelid = t.tgrelid
      WHERE t.tgname = '${CAPTURE_TRIGGER}' AND a.attnum > 0 AND NOT a.attisdropped
   ) AS parts)`;

/** Tells whether tables are numbered, keyed and copied as they were when capture was installed. */
export function tablesDigest(tables: readonly FollowedTable[]): string {
  const facts = tables.map(({ number, table, key, columns }) => [
    number,
    table.source.name,
    table.targetName,
    key.map(({ plan }) => plan.targetName),
    columns.map(({ plan }) => [plan.targetName, plan.type]),
  ]);
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
