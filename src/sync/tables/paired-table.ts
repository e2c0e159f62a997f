import { converterFor } from '../../schema/convert.js';
import type { ColumnPlan, SourceSchema, SourceTable } from '../../schema/model.js';

export interface PairedColumn {
  plan: ColumnPlan;
  /** Place among the compared columns. */
  index: number;
  /** A row with a value that does not fit was left out on request, and is not missed. */
  rejects: boolean;
}

/** One table as both sides know it. */
export interface PairedTable {
  /** Among the tables of this verify: makes names unique. */
  number: number;
  source: SourceTable;
  targetName: string;
  columns: PairedColumn[];
  /** The columns that order the rows on both sides: a key that is never NULL, else all columns. */
  key: PairedColumn[];
  /** The key's order is the same on both sides as it stands, so that SQLite can read it in pages. */
  pageable: boolean;
  /** Places of the columns by which follow names a row; undefined while nobody follows. */
  rowKey?: readonly number[] | undefined;
  /** How the source stores its text. */
  encoding: SourceSchema['encoding'];
}

/**
 * Decides how the rows of a table are put in the same order on both sides.
 *
 * @param keyHoldsNull some row of the source has a NULL in its primary key, as rowid tables may
 * @param rejectsAll rows with a value that does not fit are left out, whatever the column
 */
export function pairedTable(
  number: number,
  source: SourceTable,
  targetName: string,
  plans: ColumnPlan[],
  encoding: SourceSchema['encoding'],
  keyHoldsNull: boolean,
  rejectsAll: boolean,
): PairedTable {
  const columns = plans.map((plan, index) => {
    const rejects = rejectsAll || plan.rule?.onBadValue === 'reject';
    return { plan, index, rejects };
  });
  const key = keyHoldsNull ? null : keyColumns(source, columns);
  const isKey = key !== null;
  return {
    number,
    source,
    targetName,
    columns,
    key: key ?? columns,
    pageable: isKey && key.every((column) => ordersAlike(source, column, encoding)),
    encoding,
  };
}

function keyColumns(source: SourceTable, columns: PairedColumn[]): PairedColumn[] | null {
  const named = source.primaryKey.map((name) =>
    columns.find((column) => column.plan.source.name.toLowerCase() === name.toLowerCase()),
  );
  if (named.length === 0 || named.some((column) => column === undefined)) return null;
  return named as PairedColumn[];
}

function ordersAlike(
  source: SourceTable,
  { plan }: PairedColumn,
  encoding: SourceSchema['encoding'],
): boolean {
  if (converterFor(plan) !== null) return false;
  if (plan.type === 'text') return encoding === 'utf8' && plan.source.collation === 'BINARY';
  return source.rowidAlias === plan.source.name || plan.type === 'bigint';
}
