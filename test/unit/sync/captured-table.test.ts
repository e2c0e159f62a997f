import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { readSchema } from '../../../src/schema/read.js';
import { capturedTables } from '../../../src/sync/captured-table.js';

/** What names a row of the only table of a schema; or why nothing does. */
function keyOf(...statements: string[]): string[] | string {
  const db = new Database(':memory:');
  try {
    db.exec(statements.join(';'));
    const { captured, unfollowable } = capturedTables(readSchema(db).tables);
    return captured[0]?.key ?? unfollowable[0]?.reason ?? 'no table';
  } finally {
    db.close();
  }
}

describe('what names a row whose change is logged', () => {
  it.each([
    [
      'the alias of the rowid',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT NOT NULL UNIQUE)',
      ['id'],
    ],
    [
      'a primary key of two columns',
      'CREATE TABLE t (a TEXT, b INT, PRIMARY KEY (b, a))',
      ['b', 'a'],
    ],
    [
      'unique columns that are never NULL',
      'CREATE TABLE t (a TEXT UNIQUE, b INT NOT NULL UNIQUE)',
      ['b'],
    ],
    [
      'another than the generated one',
      "CREATE TABLE t (a TEXT NOT NULL UNIQUE, g TEXT NOT NULL AS (a || '!') UNIQUE)",
      ['a'],
    ],
  ])('%s', (_what, sql, key) => {
    expect(keyOf(sql)).toEqual(key);
  });

  it.each([
    ['columns that may be NULL', 'CREATE TABLE t (a TEXT UNIQUE)'],
    [
      'a part of the rows',
      'CREATE TABLE t (a TEXT NOT NULL); CREATE UNIQUE INDEX i ON t (a) WHERE a > 1',
    ],
    ['a generated column', 'CREATE TABLE t (a TEXT, g TEXT NOT NULL AS (a) UNIQUE)'],
  ])('not an index over %s', (_what, sql) => {
    expect(keyOf(sql)).toMatch(/^it has no primary key/);
  });
});
