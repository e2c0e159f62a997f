import { quoteIdent } from '../identifiers.js';
import { quoteLiteral } from '../literals.js';
import type { ColumnPlan, TablePlan } from '../model.js';
import { columnOf } from '../planned-columns.js';

/** The primary key's columns, or others where there is none. */
export function shownColumns(table: TablePlan, others: readonly ColumnPlan[]): ColumnPlan[] {
  const key = table.source.primaryKey.flatMap((name) => columnOf(name, table) ?? []);
  return key.length > 0 ? key : [...others];
}

/** SQL that writes a row's key as an operator would: `user_id=42, card_id='a1'`. */
export function shownKey(columns: readonly ColumnPlan[], row: string): string {
  const parts = columns.map((column) => {
    const value = shownValue(column, `${row}.${quoteIdent(column.targetName)}`);
    return `${quoteLiteral(`${column.source.name}=`)} || ${value}`;
  });
  return parts.join(` || ', ' || `);
}

/** Longest text that is written whole, characters. */
const TEXT_SHOWN_MAX = 80;

function shownValue({ type }: ColumnPlan, sql: string): string {
  const text = `${sql}::text`;
  const isNumber = ['bigint', 'double precision', 'numeric'].includes(type);
  if (isNumber) return `coalesce(${text}, 'NULL')`;
  const more = `CASE WHEN length(${text}) > ${TEXT_SHOWN_MAX} THEN '…' ELSE '' END`;
  return `coalesce(quote_literal(left(${text}, ${TEXT_SHOWN_MAX})) || ${more}, 'NULL')`;
}
