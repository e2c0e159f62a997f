import type { ColumnRule } from '../model.js';

/** What a column's rule puts in the place of bad values: a column may come to hold each of them. */
export function mappedWords(rule: ColumnRule | null): (string | null)[] {
  return typeof rule?.onBadValue === 'object' ? Object.values(rule.onBadValue) : [];
}
