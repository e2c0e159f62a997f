/** One value as SQLite stores it, with its storage class. Text is UTF-8, whatever the file says. */
export type Cell =
  | { kind: 'null' }
  | { kind: 'integer'; value: bigint }
  | { kind: 'real'; value: number }
  | { kind: 'text'; bytes: Buffer }
  | { kind: 'blob'; bytes: Buffer };
