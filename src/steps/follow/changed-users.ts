import type { ChangeSet, TableChanges } from '../../sync/side.js';
import { isNullField, splitFields, unescapeField } from '../../sync/tables/copy-fields.js';

/**
 * The players whose rows a set changes: what a cache knows of them is old. A row that is gone tells
 * whose it was only by its key.
 *
 * @param column the name of the column that holds a player's id, in whichever tables have it
 */
export function changedUsers({ tables }: ChangeSet, column: string): bigint[] {
  const found = new Set<string>();
  for (const changes of tables) {
    addFromKeys(changes, column, found);
    addFromRows(changes, column, found);
  }
  return [...found].map(BigInt);
}

function addFromKeys({ table, keys }: TableChanges, column: string, found: Set<string>): void {
  const at = table.key.findIndex(({ plan }) => plan.source.name === column);
  if (at < 0) return;
  for (const key of keys) found.add(key[at] as string);
}

function addFromRows({ table, rows }: TableChanges, column: string, found: Set<string>): void {
  const at = table.columns.findIndex(({ plan }) => plan.source.name === column);
  if (at < 0) return;
  for (let start = 0, end = 0; start < rows.length; start = end + 1) {
    end = rows.indexOf(NEWLINE, start);
    const field = splitFields(rows.subarray(start, end))[at] as Buffer;
    if (!isNullField(field)) found.add(unescapeField(field).toString('utf8'));
  }
}

const NEWLINE = 0x0a;
