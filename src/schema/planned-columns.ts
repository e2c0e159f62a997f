import type { ColumnPlan, TablePlan } from './model.js';
import { sameName } from './names.js';

/** A generated column that has no certain translation is left out. */
export function isInTarget(column: ColumnPlan): boolean {
  return column.source.generated === null || column.generatedAs !== undefined;
}

export function columnOf(name: string, table: TablePlan): ColumnPlan | undefined {
  return table.columns.find((column) => sameName(column.source.name, name));
}
