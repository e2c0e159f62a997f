import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { quoted } from '../../support/random-database.js';

/** Tables in which SQLite takes different values for one, or keeps rows apart in unusual ways. */
export const HARD_TABLES = `
  CREATE TABLE nocase (k TEXT COLLATE NOCASE PRIMARY KEY, v TEXT UNIQUE);
  CREATE TABLE rtrim (k TEXT COLLATE RTRIM PRIMARY KEY, v TEXT) WITHOUT ROWID;
  CREATE TABLE untyped (k PRIMARY KEY, v TEXT);
  CREATE TABLE real (k REAL PRIMARY KEY, v INTEGER UNIQUE);
  CREATE TABLE partial (id INTEGER PRIMARY KEY, a INTEGER, s TEXT);
  CREATE UNIQUE INDEX partial_a ON partial (a) WHERE s = 'abc';
  CREATE TABLE expression (id INTEGER PRIMARY KEY, a TEXT, b INTEGER);
  CREATE UNIQUE INDEX expression_a ON expression (lower(a), coalesce(b, 0));
  CREATE TABLE folded (id INTEGER PRIMARY KEY, a TEXT, b TEXT COLLATE NOCASE);
  CREATE UNIQUE INDEX folded_a ON folded (a COLLATE NOCASE);
  CREATE UNIQUE INDEX exact_b ON folded (b COLLATE BINARY) WHERE b LIKE '%b%';
  CREATE TABLE defaults (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'abc' UNIQUE, b INTEGER NOT NULL DEFAULT 1 UNIQUE);
  CREATE TABLE pair (a INTEGER, b TEXT COLLATE NOCASE, v TEXT, PRIMARY KEY (b, a), UNIQUE (v, a));
  CREATE TABLE generated (id INTEGER PRIMARY KEY, a TEXT, g TEXT AS (substr(a, 1, 1)) UNIQUE);
  INSERT INTO nocase VALUES ('abc', 'x'), ('d', 'y'); INSERT INTO rtrim VALUES ('abc', 'x'), ('d ', 'y');
  INSERT INTO untyped VALUES (1, 'x'), (2.5, 'y'); INSERT INTO real VALUES (1, 1), (2.5, 2);
  INSERT INTO partial VALUES (1, 1, 'abc'), (2, 1, 'x'), (3, 2, 'abc');
  INSERT INTO expression VALUES (1, 'abc', NULL), (2, 'd', 1); INSERT INTO folded VALUES (1, 'abc', 'b'), (2, 'd', 'B');
  INSERT INTO defaults VALUES (5, 'abc', 7), (6, 'd', 1); INSERT INTO pair VALUES (1, 'abc', 'x'), (2, 'abc', 'y');
  INSERT INTO generated (id, a) VALUES (1, 'abc'), (2, 'd');`;

/** A statement in words: small numbers choose among what there is, so that it shrinks well. */
interface Write {
  table: number;
  kind:
    | 'insert'
    | 'insert from itself'
    | 'upsert'
    | 'update'
    | 'update all'
    | 'delete'
    | 'delete all';
  conflict: '' | 'OR REPLACE' | 'OR IGNORE' | 'OR FAIL' | 'OR ABORT';
  column: number;
  row: number;
  values: GivenValue[];
}

interface GivenValue {
  from: 'this row' | 'another row' | 'another case' | 'another class' | 'literal' | 'null';
  row: number;
  literal: string;
}

const givenValues: fc.Arbitrary<GivenValue> = fc.record({
  from: fc.constantFrom(
    'another row',
    'this row',
    'another case',
    'another class',
    'literal',
    'null',
  ),
  row: fc.nat(9),
  literal: fc.constantFrom(
    '1',
    '0',
    "'abc'",
    "'ABC '",
    '2.5',
    "x'61'",
    '-7',
    "'2024-01-01'",
    '1.0',
  ),
});

const writes: fc.Arbitrary<Write> = fc.record({
  table: fc.nat(9),
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant('insert' as const) },
    { weight: 4, arbitrary: fc.constant('update' as const) },
    fc.constantFrom('insert from itself', 'upsert', 'update all', 'delete'),
    fc.constantFrom('delete', 'delete all'),
  ),
  conflict: fc.oneof(
    { weight: 4, arbitrary: fc.constant('OR REPLACE' as const) },
    fc.constantFrom('', 'OR IGNORE', 'OR FAIL', 'OR ABORT'),
  ),
  column: fc.nat(9),
  row: fc.nat(9),
  values: fc.array(givenValues, { minLength: 4, maxLength: 4 }),
});

export interface Transaction {
  writes: Write[];
  commits: boolean;
}

export const transactions: fc.Arbitrary<Transaction[]> = fc.array(
  fc.record({
    writes: fc.array(writes, { minLength: 1, maxLength: 6 }),
    commits: fc.integer({ min: 0, max: 5 }).map((roll) => roll > 0),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A table that is written to, and its columns that can be. */
export interface Writable {
  name: string;
  columns: string[];
}

/** Runs a statement; what SQLite refuses of it, it refuses. */
export function write(db: Database.Database, tables: readonly Writable[], given: Write): void {
  const table = tables[given.table % tables.length];
  if (table === undefined || table.columns.length === 0) return;
  try {
    db.exec(writeSql(table, given));
  } catch (error) {
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_')) throw error;
    if (/cardctl_|syntax|no such/.test(String(error))) throw error;
  }
}

function writeSql({ name, columns }: Writable, given: Write): string {
  const { kind, conflict, row } = given;
  const table = quoted(name);
  const listed = columns.map(quoted).join(', ');
  const column = quoted(columns[given.column % columns.length] ?? '');
  const first = quoted(columns[0] ?? '');
  const value = valueSql(table, column, given.values[0], row);
  const values = columns.map((each, i) =>
    valueSql(table, quoted(each), given.values[i % given.values.length], row),
  );
  const where = `${first} IS (SELECT ${first} FROM ${table} LIMIT 1 OFFSET ${row})`;
  switch (kind) {
    case 'insert':
      return `INSERT ${conflict} INTO ${table} (${listed}) VALUES (${values.join(', ')})`;
    case 'insert from itself': {
      const changed = columns.map((each) => (quoted(each) === column ? value : quoted(each)));
      return `INSERT ${conflict} INTO ${table} (${listed}) SELECT ${changed.join(', ')} FROM ${table}`;
    }
    case 'upsert':
      return `INSERT ${conflict} INTO ${table} (${listed}) VALUES (${values.join(', ')}) ON CONFLICT DO UPDATE SET ${column} = ${value}`;
    case 'update':
      return `UPDATE ${conflict} ${table} SET ${column} = ${value}, ${first} = ${values[0]} WHERE ${where}`;
    case 'update all':
      return `UPDATE ${conflict} ${table} SET ${column} = ${value}`;
    case 'delete':
      return `DELETE FROM ${table} WHERE ${where}`;
    case 'delete all':
      return `DELETE FROM ${table}`;
  }
}

function valueSql(
  table: string,
  column: string,
  given: GivenValue | undefined,
  row: number,
): string {
  if (given === undefined || given.from === 'null') return 'NULL';
  if (given.from === 'literal') return given.literal;
  const offset = given.from === 'this row' ? row : given.row;
  const value = `(SELECT ${column} FROM ${table} LIMIT 1 OFFSET ${offset})`;
  if (given.from === 'another case')
    return `iif(typeof(${value}) = 'text', upper(${value}), ${value})`;
  if (given.from === 'another class')
    return `iif(typeof(${value}) = 'integer', ${value} * 1.0, ${value})`;
  return value;
}
