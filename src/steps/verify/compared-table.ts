import { converterFor } from '../../schema/convert.js';
import type { ColumnPlan, SourceTable } from '../../schema/model.js';

export interface ComparedColumn {
  plan: ColumnPlan;
  /** Place among the compared columns. */
  index: number;
}

/** One table as both sides know it. */
export interface ComparedTable {
  /** Among the tables of this verify: makes names unique. */
  number: number;
  source: SourceTable;
  targetName: string;
  columns: ComparedColumn[];
  /** The columns that order the rows on both sides: a key that is never NULL, else all columns. */
  key: ComparedColumn[];
  /** The key's order is the same on both sides as it stands, so that SQLite can read it in pages. */
  pageable: boolean;
  utf8: boolean;
}

/**
 * Decides how the rows of a table are put in the same order on both sides.
 *
 * @param keyHoldsNull some row of the source has a NULL in its primary key, as rowid tables may
 */
export function comparedTable(
  number: number,
  source: SourceTable,
  targetName: string,
  plans: ColumnPlan[],
  utf8: boolean,
  keyHoldsNull: boolean,
): ComparedTable {
  const columns = plans.map((plan, index) => ({ plan, index }));
  const key = keyHoldsNull ? null : keyColumns(source, columns);
  const isKey = key !== null;
  return {
    number,
    source,
    targetName,
    columns,
    key: key ?? columns,
    pageable: isKey && key.every((column) => ordersAlike(source, column, utf8)),
    utf8,
  };
}

function keyColumns(source: SourceTable, columns: ComparedColumn[]): ComparedColumn[] | null {
  const named = source.primaryKey.map((name) =>
    columns.find((column) => column.plan.source.name.toLowerCase() === name.toLowerCase()),
  );
  if (named.length === 0 || named.some((column) => column === undefined)) return null;
  return named as ComparedColumn[];
}

function ordersAlike(source: SourceTable, { plan }: ComparedColumn, utf8: boolean): boolean {
  if (converterFor(plan) !== null) return false;
  if (plan.type === 'text') return utf8 && plan.source.collation === 'BINARY';
  return source.rowidAlias === plan.source.name || plan.type === 'bigint';
}
