import type { ColumnPlan, SourceTable, Untranslated } from './model.js';

/** stub */
export function planGenerated(
  _table: SourceTable,
  columns: ColumnPlan[],
): { columns: ColumnPlan[]; untranslated: Untranslated[] } {
  return { columns, untranslated: [] };
}
