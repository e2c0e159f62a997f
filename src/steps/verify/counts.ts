import type { Client } from 'pg';
import { qualified } from '../../schema/target-schema.js';
import type { PairedTable } from '../../sync/tables/paired-table.js';
import { sqliteIdent } from '../../sync/tables/source-line.js';
import type { Difference, TableComparison } from '../context.js';
import type { Sides } from './sides.js';

/** Compares the number of rows of a table. */
export async function compareCounts(
  { source, client }: Sides,
  table: PairedTable,
  differ: (difference: Difference) => void,
): Promise<TableComparison> {
  const sql = `SELECT count(*) FROM ${sqliteIdent(table.source.name)}`;
  const left = Number(source.db.prepare<[], bigint>(sql).pluck().get() ?? 0n);
  const right = await countTarget(client, table);
  const result = { table: table.targetName, rows: left, rejected: 0, differences: 0 };
  if (left === right) return result;
  differ({
    table: table.targetName,
    key: '',
    kind: 'different value',
    column: 'count(*)',
    source: String(left),
    target: String(right),
  });
  return { ...result, differences: Math.abs(left - right) };
}

/** How many rows the target has. */
async function countTarget(client: Client, table: PairedTable): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${qualified(table.targetName)}`,
  );
  return Number(rows[0]?.count ?? 0);
}
