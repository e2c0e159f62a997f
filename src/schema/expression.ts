import { quoteLiteral } from './literals.js';
import type { ColumnPlan, TablePlan, TargetType } from './model.js';

type Translated = { sql: string } | { reason: string };
/** stub */
export function expressionContext(table: TablePlan): TablePlan {
  return table;
}
export function translateCondition(_sql: string, _c: TablePlan): Translated {
  return { reason: 'not yet' };
}
export function translateIndexed(
  _sql: string,
  _c: TablePlan,
): { sql: string; type: TargetType } | { reason: string } {
  return { reason: 'not yet' };
}
export function translateDefault(sql: string, column: ColumnPlan): Translated {
  if (column.type === 'boolean') return { sql: sql === '0' ? 'false' : 'true' };
  if (/^-?\d+$/.test(sql) && column.type !== 'text') return { sql };
  if (/^'[^']*'$/.test(sql) && column.type === 'text')
    return { sql: quoteLiteral(sql.slice(1, -1)) };
  return { reason: 'not yet' };
}
