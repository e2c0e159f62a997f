import type { FollowedTable } from '../followed-table.js';
import { NULL_TEXT, unescapeField } from '../tables/copy-fields.js';

/** One row of a set. */
export interface SentRow {
  /** As it was sent, without its newline. */
  line: string;
  /** Unescaped, null for NULL. */
  fields: (string | null)[];
  /** Fields of its key, unescaped. */
  key: string[];
}

/** Takes the rows of a table's changes apart. */
export function rowsOf({ key, columns }: FollowedTable, rows: Buffer): SentRow[] {
  const places = key.map((column) => columns.indexOf(column));
  const lines = rows.toString('utf8').split('\n');
  // Behind the last newline there is nothing.
  lines.pop();
  return lines.map((line) => {
    const fields = line.split('\t').map(fieldOf);
    return { line, fields, key: places.map((place) => fields[place] ?? '') };
  });
}

function fieldOf(field: string): string | null {
  if (field === NULL_TEXT) return null;
  return field.includes('\\') ? unescapeField(Buffer.from(field, 'utf8')).toString('utf8') : field;
}
