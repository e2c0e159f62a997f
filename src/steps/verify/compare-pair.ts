import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { converterFor } from '../../schema/convert.js';
import { quoteIdent } from '../../schema/identifiers.js';
import { qualified } from '../../schema/target-schema.js';
import type { Difference, TableComparison } from '../context.js';
import type { Deps } from '../step.js';
import { compareTable } from './compare-table.js';
import type { ComparedColumn, ComparedTable } from './compared-table.js';
import { NULL_TEXT } from './copy-fields.js';
import { tableProgress } from './progress.js';
import type { SidePair } from './side-pairs.js';
import { sqliteIdent } from './source-rows.js';

/** Compares every value of a table over a pair. */
export async function compareValues(
  { thread, client }: SidePair,
  table: ComparedTable,
  deps: Deps,
  differ: (difference: Difference) => void,
): Promise<TableComparison> {
  const total = await countTarget(client, table);
  const compareOnce = (escapes: boolean) =>
    compareTable(table, thread, client.query(copyTo(targetSql(table))), {
      escapes,
      signal: deps.signal,
      onDifference: differ,
      onRows: tableProgress(deps.report, table.targetName, total),
    });
  const result = await compareOnce(false);
  if (result.differences > 0 || result.rows - result.rejected === total) return result;
  // A line break within a value looked like the end of a row: once more, with every text escaped.
  return compareOnce(true);
}

/** Compares the number of rows of a table. */
export async function compareCounts(
  { source, client }: SidePair,
  table: ComparedTable,
  _deps: Deps,
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

async function countTarget(client: Client, table: ComparedTable): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${qualified(table.targetName)}`,
  );
  return Number(rows[0]?.count ?? 0);
}

function targetSql(table: ComparedTable): string {
  const columns = table.columns.map(({ plan }) => quoteIdent(plan.targetName)).join(', ');
  const order = table.key.map((column) => orderBy(column, table.pageable)).join(', ');
  return `COPY (SELECT ${columns} FROM ${qualified(table.targetName)} ORDER BY ${order}) TO STDOUT (NULL '${NULL_TEXT}')`;
}

/**
 * Converted values are put in order by their text: that is what SQLite sorts on its side. A key
 * that is never NULL goes without NULLS FIRST, which would keep Postgres from using its index.
 */
function orderBy({ plan }: ComparedColumn, neverNull: boolean): string {
  const column = quoteIdent(plan.targetName);
  const nulls = neverNull ? '' : ' NULLS FIRST';
  if (converterFor(plan) !== null) return `${column}::text COLLATE "C"${nulls}`;
  return plan.type === 'text' ? `${column} COLLATE "C"${nulls}` : `${column}${nulls}`;
}
