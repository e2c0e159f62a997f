import type { SourceTable } from '../../schema/model.js';
import { sameName } from '../../schema/names.js';

/** Keys kept per broken rule; all rows are counted. */
export const KEYS_MAX = 5;
/** Characters of one value of a key. */
const VALUE_LENGTH_MAX = 80;

/** The key's columns as SQL literals, for a SELECT. */
export function quotedKey({ primaryKey }: SourceTable): string {
  return primaryKey.map((name) => `quote(${ident(name)})`).join(', ');
}

/** The name by which SQL can ask for the rowid; undefined when columns have taken all of them. */
export function rowidName(table: SourceTable): string | undefined {
  if (table.rowidAlias !== null) return table.rowidAlias;
  return ['rowid', 'oid', '_rowid_'].find(
    (name) => !table.columns.some((column) => sameName(column.name, name)),
  );
}

/** `user_id=42, card_id='a1'`, of what `quotedKey` selects. */
export function keyText({ primaryKey }: SourceTable, values: readonly string[]): string {
  return primaryKey
    .map((name, i) => {
      const value = values[i] ?? '';
      const isLong = value.length > VALUE_LENGTH_MAX;
      return `${name}=${isLong ? `${value.slice(0, VALUE_LENGTH_MAX)}…` : value}`;
    })
    .join(', ');
}

/** A quoted name. */
export function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
