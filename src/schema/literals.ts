import { isUtf8 } from 'node:buffer';

/**
 * A text as a SQLite literal: quoted, or as a cast of its stored bytes where quotes cannot hold it,
 * because it is not UTF-8 or has a NUL inside.
 *
 * @param stored the text in the encoding of its database, when that is not UTF-8
 */
export function sqliteText(bytes: Buffer, stored: Buffer = bytes): string {
  if (!isUtf8(bytes) || bytes.includes(0)) return `CAST(X'${stored.toString('hex')}' AS TEXT)`;
  return `'${bytes.toString('utf8').replaceAll("'", "''")}'`;
}

/** A text as a Postgres literal; `standard_conforming_strings` is on, as it is by default. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
