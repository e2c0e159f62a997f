import { CopyOut } from '../../drivers/copy-out.js';
import { converterFor } from '../../schema/convert.js';
import { quoteIdent } from '../../schema/identifiers.js';
import { qualified } from '../../schema/target-schema.js';
import { NULL_TEXT } from '../../sync/tables/copy-fields.js';
import type { PairedColumn, PairedTable } from '../../sync/tables/paired-table.js';
import type { TableComparison } from '../context.js';
import { compareTable } from './compare-table.js';
import type { ComparisonEvents } from './comparing-thread.js';
import type { Sides } from './sides.js';
import { SourceRows } from './source-rows.js';

/** Compares every value of a table. */
export async function compareValues(
  { source, client }: Sides,
  table: PairedTable,
  events: ComparisonEvents,
): Promise<TableComparison> {
  const compareOnce = async (escapes: boolean) => {
    const target = client.query(new CopyOut(targetSql(table)));
    const rows = new SourceRows(source.db, table);
    const result = await compareTable(table, rows, target, escapes, events);
    return { result, targetRows: await target.rowCount };
  };
  const { result, targetRows } = await compareOnce(false);
  if (result.differences > 0 || result.rows - result.rejected === targetRows) return result;
  // A line break within a value looked like the end of a row: once more, with every text escaped.
  return (await compareOnce(true)).result;
}

function targetSql(table: PairedTable): string {
  const columns = table.columns.map(({ plan }) => quoteIdent(plan.targetName)).join(', ');
  const order = table.key.map((column) => orderBy(column, table.pageable)).join(', ');
  return `COPY (SELECT ${columns} FROM ${qualified(table.targetName)} ORDER BY ${order}) TO STDOUT (NULL '${NULL_TEXT}')`;
}

/**
 * Converted values are put in order by their text: that is what SQLite sorts on its side. A key
 * that is never NULL goes without NULLS FIRST, which would keep Postgres from using its index.
 */
function orderBy({ plan }: PairedColumn, neverNull: boolean): string {
  const column = quoteIdent(plan.targetName);
  const nulls = neverNull ? '' : ' NULLS FIRST';
  if (converterFor(plan) !== null) return `${column}::text COLLATE "C"${nulls}`;
  return plan.type === 'text' ? `${column} COLLATE "C"${nulls}` : `${column}${nulls}`;
}
