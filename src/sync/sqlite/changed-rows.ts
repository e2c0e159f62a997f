import { isUtf8 } from 'node:buffer';
import type Database from 'better-sqlite3';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import { isNullField, splitFields, unescapeField } from '../tables/copy-fields.js';
import type { PairedColumn } from '../tables/paired-table.js';
import { lineSql, MISFIT, registerLineFunctions, sqliteIdent } from '../tables/source-line.js';
import { keyMatchSql } from './key-match.js';

/** What was read of one table so far. */
export interface TakenRows {
  /** Each once: its text, and its fields. */
  keys: Map<string, string[]>;
  /** Each with its newline. */
  rows: Buffer[];
}

/**
 * Prepares to read the keys of a table in a part of the change log, and the rows that they name.
 *
 * @returns adds to what was taken those that are not in it yet; gives the bytes of their rows
 */
export function changedRowsReader(
  reader: Database.Database,
  followed: FollowedTable,
): (from: number, to: number, taken: TakenRows) => number {
  registerLineFunctions(reader, followed.table);
  const select = reader
    .prepare<[number, number], [Text, Text | null]>(changedRowsSql(followed))
    .raw();
  return (from, to, taken) => {
    let bytes = 0;
    for (const [keyText, rowText] of select.all(from, to)) {
      const keyLine = bytesOf(keyText);
      const name = keyLine.toString('latin1');
      if (taken.keys.has(name)) continue;
      const key = keyOf(followed, keyLine);
      if (key === null) continue;
      taken.keys.set(name, key);
      if (rowText === null) continue;
      const row = bytesOf(rowText);
      if (!isWhole(row) && isLeftOut(followed, row, key)) continue;
      taken.rows.push(row);
      bytes += row.length;
    }
    return bytes;
  };
}

/** Text of a database in UTF-16 comes as a string. */
type Text = Buffer | string;

/**
 * The key is that of the row as far as there is one: to SQLite 1 and 1.0 are one key, and which of
 * them the log has does not matter then.
 */
function changedRowsSql({ number, table, key, columns }: FollowedTable): string {
  const names = key.map(({ plan }) => plan.source.name);
  const logged = names.map((name, i) => `k${i + 1} AS ${sqliteIdent(name)}`).join(', ');
  const found = `t.${sqliteIdent(names[0] ?? '')} IS NOT NULL`;
  const type = table.encoding === 'utf8' ? 'BLOB' : 'TEXT';
  const match = keyMatchSql(table.source, names, 't.', (i) => `k.${sqliteIdent(names[i] ?? '')}`);
  return `
    SELECT CAST(CASE WHEN ${found} THEN ${lineSql(table, key, true, 't.')} ELSE ${lineSql(table, key, true, 'k.')} END AS ${type}),
           CASE WHEN ${found} THEN CAST(${lineSql(table, columns, true, 't.')} || char(10) AS ${type}) END
    FROM (SELECT DISTINCT ${logged} FROM cardctl_change WHERE seq > ? AND seq <= ? AND tbl = ${number}) AS k
    LEFT JOIN ${sqliteIdent(table.source.name)} AS t ON ${match}`;
}

function bytesOf(text: Text): Buffer {
  return typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
}

/** The key's fields; null when no row of it can be in the target, which is as it was asked for. */
function keyOf(followed: FollowedTable, line: Buffer): string[] | null {
  const fields = splitFields(line);
  for (const [i, field] of fields.entries()) {
    const column = followed.key[i] as PairedColumn;
    if (!isNullField(field) && !isMisfit(field)) continue;
    if (column.rejects && !isNullField(field)) return null;
    throw misfit(followed, column, field, fields.map(shown));
  }
  return fields.map((field) => unescapeField(field).toString('utf8'));
}

/** No field can be a misfit: what is rare is not looked for field by field. */
function isWhole(row: Buffer): boolean {
  return !row.includes(MISFIT) && !row.includes(0) && isUtf8(row);
}

/** @throws CardctlError `refused` for a value that the target cannot hold and should */
function isLeftOut(followed: FollowedTable, row: Buffer, key: readonly string[]): boolean {
  const fields = splitFields(row.subarray(0, -1));
  const misfits = fields.flatMap((field, i) => {
    const column = followed.columns[i];
    return column !== undefined && isMisfit(field) ? [{ column, field }] : [];
  });
  const bad = misfits.find(({ column }) => !column.rejects);
  if (bad !== undefined) throw misfit(followed, bad.column, bad.field, key);
  return misfits.length > 0;
}

/** Text that COPY cannot carry is a misfit too, whatever the column. */
function isMisfit(field: Buffer): boolean {
  return field.indexOf(MISFIT) === 0 || field.includes(0) || !isUtf8(field);
}

function misfit(
  { table }: FollowedTable,
  { plan }: PairedColumn,
  field: Buffer,
  key: readonly string[],
): CardctlError {
  const name = `${table.source.name}.${plan.source.name}`;
  const value = isNullField(field) ? 'NULL, in a column that names rows' : shown(field);
  return new CardctlError(
    'refused',
    `${name} of the row with the key (${key.join(', ')}) has a value that the target cannot hold: ${value}`,
    {
      hint: 'Nothing was skipped: the follower stands before this change. See what the source holds: cardctl assess',
      details: { table: table.source.name, column: plan.source.name, key, value },
    },
  );
}

/** For a message: the storage class and the bytes in hexadecimal, where it is no text. */
function shown(field: Buffer): string {
  if (isNullField(field)) return 'NULL';
  if (field.indexOf(MISFIT) === 0) return field.toString('latin1', MISFIT.length);
  return isUtf8(field) && !field.includes(0)
    ? unescapeField(field).toString('utf8')
    : `text:${field.toString('hex').toUpperCase()}`;
}
