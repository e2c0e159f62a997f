import type { ColumnPlan, TargetType } from '../model.js';
import { inner, type Translated } from './translated.js';
import { Unsure } from './tree.js';

/**
 * SQL of an expression whose result is stored in the column.
 *
 * @throws Unsure when SQLite's affinity would make something else of it
 */
export function fitExpression(value: Translated, column: ColumnPlan): string {
  const { type } = column;
  const { affinity } = column.source;
  if (value.type === 'null') return 'NULL';
  if (value.type === 'boolean' && type === 'bigint') return `${inner(value)}::integer`;
  if (value.type === 'bigint' && type === 'text' && affinity === 'text') {
    return `${inner(value)}::text`;
  }
  if (value.type === 'bigint' && type === 'double precision') return value.sql;
  const staysText = value.type !== 'text' || affinity === 'text' || affinity === 'blob';
  const staysReal = value.type !== 'double precision' || affinity !== 'text';
  if (value.type === type && staysText && staysReal) return value.sql;
  throw new Unsure(`its result is ${value.type}, and the column is ${type}`);
}

/** The type of a column that stores nothing in SQLite and is the result of an expression. */
export function typeOfResult(value: Translated, column: ColumnPlan): TargetType {
  const { affinity, declaredType } = column.source;
  if (column.rule?.type !== undefined || value.type === 'null') return column.type;
  if (affinity === 'text') return 'text';
  if (affinity === 'real') return 'double precision';
  if (value.type !== 'boolean') return value.type;
  return /BOOL/i.test(declaredType) ? 'boolean' : 'bigint';
}
