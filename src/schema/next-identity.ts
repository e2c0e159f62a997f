import type { ColumnCensus, ColumnPlan, SourceTable, TablePlan, Untranslated } from './model.js';

const BIGINT_MAX = 2n ** 63n - 1n;

/**
 * The value that comes after every rowid the table ever issued: a deleted AUTOINCREMENT id is not
 * issued again.
 */
export function nextIdentity(
  table: SourceTable,
  columns: readonly ColumnPlan[],
  census: ReadonlyMap<string, ColumnCensus>,
): { identity: TablePlan['identity']; untranslated: Untranslated[] } {
  const column = columns.find((each) => each.source.name === table.rowidAlias);
  if (column === undefined) return { identity: null, untranslated: [] };
  const without = (reason: string) => ({
    identity: null,
    untranslated: [
      { table: table.name, what: 'identity', name: column.source.name, sql: '', reason } as const,
    ],
  });
  if (column.type !== 'bigint') {
    return without(`no numbers are issued for a ${column.type}: the application must give its own`);
  }
  const highest = census.get(column.source.name)?.integerMax ?? 0n;
  const sequence = table.sequence ?? 0n;
  const last = [highest, sequence, 0n].reduce((a, b) => (a > b ? a : b));
  if (last >= BIGINT_MAX) {
    return without(`the last id was ${last}, the highest there is: there is no next one to issue`);
  }
  return { identity: { column: column.targetName, nextValue: last + 1n }, untranslated: [] };
}
