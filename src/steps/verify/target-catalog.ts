import type { Client } from 'pg';
import type { TargetType } from '../../schema/model.js';
import { TARGET_SCHEMA } from '../../schema/target-schema.js';

/** Types of the target's columns, by table, the largest first, by column. */
export type TargetCatalog = Map<string, Map<string, TargetType | null>>;

const TYPES: Record<string, TargetType> = {
  bigint: 'bigint',
  'double precision': 'double precision',
  numeric: 'numeric',
  boolean: 'boolean',
  text: 'text',
  bytea: 'bytea',
  'timestamp without time zone': 'timestamp',
  date: 'date',
  uuid: 'uuid',
  json: 'json',
};

/** Reads which tables and columns the target has; null stands for a type that migrate never makes. */
export async function readTargetCatalog(client: Client): Promise<TargetCatalog> {
  const { rows } = await client.query<{
    name: string;
    column: string | null;
    type: string | null;
  }>(`
    SELECT c.relname AS name, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type
    FROM pg_class c
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = '${TARGET_SCHEMA}'::regnamespace AND c.relkind IN ('r', 'p')
    ORDER BY c.relpages DESC, c.relname, a.attnum`);
  const catalog: TargetCatalog = new Map();
  for (const { name, column, type } of rows) {
    const columns = catalog.get(name) ?? new Map<string, TargetType | null>();
    catalog.set(name, columns);
    if (column !== null) columns.set(column, TYPES[type ?? ''] ?? null);
  }
  return catalog;
}
