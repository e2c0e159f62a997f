import { createHash } from 'node:crypto';
import type Database from 'better-sqlite3';
import { OWN_TABLES } from '../../schema/read.js';

/** By table or view: a hash of all that the schema says of it. */
export type SchemaHashes = Record<string, string>;

/**
 * What the schema says, triggers of ours included: a table that was dropped and made again has none.
 * Where things lie in the file (VACUUM), and statistics (ANALYZE), are no part of it.
 *
 * @param setAside triggers of the source that are not there for now and count all the same
 */
export function schemaHashes(
  db: Database.Database,
  setAside: readonly SourceTrigger[],
): SchemaHashes {
  const objects = db.prepare<[], SchemaObject>(OBJECTS).all();
  objects.push(...setAside.map((trigger) => ({ type: 'trigger', ...trigger })));
  objects.sort((a, b) => compare(a.type, b.type) || compare(a.name, b.name));
  const texts = new Map<string, string[]>();
  for (const { type, name, tbl_name, sql } of objects) {
    const text = texts.get(tbl_name) ?? [];
    text.push(JSON.stringify([type, name, sql]));
    texts.set(tbl_name, text);
  }
  return Object.fromEntries(
    [...texts].map(([table, text]) => [
      table,
      createHash('sha256').update(text.join('\n')).digest('hex').slice(0, 32),
    ]),
  );
}

/** Tables of which the two say different things. */
export function changedTables(before: SchemaHashes, now: SchemaHashes): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]).sort();
}

export interface SourceTrigger {
  name: string;
  tbl_name: string;
  sql: string;
}

interface SchemaObject {
  type: string;
  name: string;
  tbl_name: string;
  sql: string | null;
}

const OBJECTS = `
  SELECT type, name, tbl_name, sql FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    AND tbl_name NOT IN (${OWN_TABLES.map((name) => `'${name}'`).join(', ')})`;

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
