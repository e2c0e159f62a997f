import type { Client } from 'pg';
import type { TargetType } from '../../schema/model.js';
import { TARGET_SCHEMA } from '../../schema/target-schema.js';

/** Types of the target's columns, by table, the largest first, by column. */
type ColumnTypes = Map<string, Map<string, TargetType | null>>;

export interface TargetCatalog {
  tables: ColumnTypes;
  /** About how many rows a table has, by the server's statistics; 0 without any. */
  rowsOf(table: string): number;
  /** Whether a valid index keeps rows apart by these columns, whatever their values. */
  isUnique(table: string, columns: readonly string[]): boolean;
  /** Whether migrate left a column out knowingly, by its names in the source. */
  isLeftOut(table: string, column: string): boolean;
}

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
  const leftOut = new Set(await readLeftOut(client));
  const { tables, rows } = await readTables(client);
  const unique = await readUniqueIndexes(client);
  return {
    tables,
    rowsOf: (table) => rows.get(table) ?? 0,
    isUnique: (table, columns) =>
      unique.some(
        (index) => index.table === table && index.columns.every((name) => columns.includes(name)),
      ),
    isLeftOut: (table, column) => leftOut.has(JSON.stringify([table, column])),
  };
}

async function readTables(
  client: Client,
): Promise<{ tables: ColumnTypes; rows: Map<string, number> }> {
  const { rows: found } = await client.query<{
    name: string;
    rows: string;
    column: string | null;
    type: string | null;
  }>(`
    SELECT c.relname AS name, greatest(c.reltuples, 0)::bigint AS rows, a.attname AS column,
           format_type(a.atttypid, a.atttypmod) AS type
    FROM pg_class c
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = '${TARGET_SCHEMA}'::regnamespace AND c.relkind IN ('r', 'p')
    ORDER BY c.relpages DESC, c.relname, a.attnum`);
  const tables: ColumnTypes = new Map();
  for (const { name, column, type } of found) {
    const columns = tables.get(name) ?? new Map<string, TargetType | null>();
    tables.set(name, columns);
    if (column !== null) columns.set(column, TYPES[type ?? ''] ?? null);
  }
  return { tables, rows: new Map(found.map(({ name, rows }) => [name, Number(rows)])) };
}

interface UniqueIndex {
  table: string;
  /** Those within expressions, too: what migrate makes, such as `lower(name)`, only takes more for one. */
  columns: string[];
}

async function readUniqueIndexes(client: Client): Promise<UniqueIndex[]> {
  const { rows } = await client.query<{ index: string; table: string; column: string }>(`
    SELECT i.indexrelid::text AS index, c.relname::text AS table, a.attname::text AS column
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND (
      a.attnum = ANY (i.indkey::int2[])
      OR EXISTS (SELECT 1 FROM pg_depend d
                 WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                   AND d.refobjid = c.oid AND d.refobjsubid = a.attnum))
    WHERE c.relnamespace = '${TARGET_SCHEMA}'::regnamespace
      AND i.indisunique AND i.indisvalid AND i.indpred IS NULL`);
  const indexes = new Map<string, UniqueIndex>();
  for (const { index, table, column } of rows) {
    const found = indexes.get(index) ?? { table, columns: [] };
    indexes.set(index, found);
    found.columns.push(column);
  }
  return [...indexes.values()];
}

/** What migrate wrote down; nothing where it is gone, or is not for this role to see. */
async function readLeftOut(client: Client): Promise<string[]> {
  const { rowCount } = await client.query(`
    SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'cardctl' AND c.relname = 'left_out_column'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')`);
  if (rowCount === 0) return [];
  const { rows } = await client.query<{ table_name: string; column_name: string }>(
    'SELECT table_name, column_name FROM cardctl.left_out_column',
  );
  return rows.map((row) => JSON.stringify([row.table_name, row.column_name]));
}
