import type Database from 'better-sqlite3';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import { NULL_TEXT } from '../tables/copy-fields.js';
import { lineSql, sqliteIdent } from '../tables/source-line.js';
import type { SqliteValue } from '../tables/sqlite-value.js';
import type { SentRow } from './sent-rows.js';

/**
 * Prepares to read what was written, by its keys, and to compare every byte with what was sent.
 *
 * @param match a condition over `$1`, `$2`, …, the values of a key
 * @returns throws CardctlError `refused`, by table and key, when the two differ
 */
export function rowsReadBack(
  db: Database.Database,
  followed: FollowedTable,
  match: string,
): (
  keys: readonly string[][],
  values: readonly Record<number, SqliteValue>[],
  sent: readonly SentRow[],
) => void {
  const { table, columns } = followed;
  const line = lineSql(table, columns, true);
  const select = db
    .prepare<[Record<number, SqliteValue>], string>(
      `SELECT ${line} FROM ${sqliteIdent(table.source.name)} WHERE ${match}`,
    )
    .pluck();
  return (keys, values, sent) => {
    const lines = new Map(sent.map((row) => [nameOf(row.key), row.line]));
    for (const [i, key] of keys.entries()) {
      const wanted = lines.get(nameOf(key));
      const found = select.get(values[i] as Record<number, SqliteValue>);
      if (found !== wanted) expectSame(followed, key, wanted, found);
    }
  };
}

/** Of a key: no two have the same. */
function nameOf(key: readonly string[]): string {
  return key.length === 1 ? (key[0] as string) : JSON.stringify(key);
}

function expectSame(
  followed: FollowedTable,
  key: readonly string[],
  wanted: string | undefined,
  found: string | undefined,
): void {
  if (wanted === undefined || found === undefined) {
    const is = (line: string | undefined) => (line === undefined ? 'no row' : 'a row');
    throw differs(followed, key, null, is(wanted), is(found));
  }
  const sent = wanted.split('\t');
  const read = found.split('\t');
  for (const [i, { plan }] of followed.columns.entries()) {
    const [one = '', other = ''] = [sent[i], read[i]];
    if (one === other || isSameNumber(plan.type, one, other)) continue;
    throw differs(followed, key, plan.source.name, shown(one), shown(other));
  }
}

/** The same number may be written in two ways: a numeric with zeros behind, a double with others. */
function isSameNumber(type: string, one: string, other: string): boolean {
  if (one === NULL_TEXT || other === NULL_TEXT) return false;
  if (type === 'double precision') return Number(one) === Number(other);
  return type === 'numeric' && withoutZeros(one) === withoutZeros(other);
}

function withoutZeros(numeric: string): string {
  return numeric.includes('.') ? numeric.replace(/\.?0+$/, '') : numeric;
}

function differs(
  { table }: FollowedTable,
  key: readonly string[],
  column: string | null,
  sent: string,
  found: string,
): CardctlError {
  const name = table.source.name + (column === null ? '' : `.${column}`);
  return new CardctlError(
    'refused',
    `${name} of the row with the key (${key.join(', ')}) came out different: ${sent} was sent, ${found} is in SQLite`,
    {
      hint: 'Nothing was written: the copy stands before this change. SQLite cannot hold it as it is; see both sides with: cardctl verify',
      details: { table: table.source.name, column, key, sent, found },
    },
  );
}

function shown(field: string): string {
  return field === NULL_TEXT ? 'NULL' : field;
}
