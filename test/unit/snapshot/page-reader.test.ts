import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSchema } from '../../../src/schema/read.js';
import { listRowUnits } from '../../../src/snapshot/btree.js';
import type { Cell } from '../../../src/snapshot/cell.js';
import { PageFile } from '../../../src/snapshot/page-file.js';
import { decodeRow } from '../../../src/snapshot/row-cells.js';
import { RowScanner } from '../../../src/snapshot/scan.js';
import { tempDir } from '../../support/temp-dir.js';

type Value = bigint | number | string | Buffer | null;

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !/\p{Surrogate}/u.test(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  // Long enough for a chain of overflow pages at every page size that is tried.
  fc.integer({ min: 400, max: 9_000 }).map((size) => Buffer.alloc(size, size & 255)),
  fc.integer({ min: 400, max: 9_000 }).map((size) => 'پ'.repeat(size / 2)),
);

test.each([
  ['rowid table', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)', 512],
  ['rowid table', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)', 4096],
  ['rowid table', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)', 65536],
  [
    'WITHOUT ROWID table',
    'CREATE TABLE t (a, id INTEGER, b, c, PRIMARY KEY (id)) WITHOUT ROWID',
    512,
  ],
  [
    'WITHOUT ROWID table',
    'CREATE TABLE t (a, id INTEGER, b, c, PRIMARY KEY (id)) WITHOUT ROWID',
    4096,
  ],
  [
    'auto-vacuum table',
    'PRAGMA auto_vacuum=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)',
    1024,
  ],
])(
  'every value of a %s comes off the pages as SQLite reads it (%s, page size %i)',
  async (_kind, sql, pageSize) => {
    const directory = await tempDir();
    let run = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, value), { maxLength: 120 }),
        fc.nat(),
        (rows, skip) => {
          const path = join(directory, `${run++}.db`);
          build(path, sql, pageSize, rows, skip % 7);
          expect(readPages(path)).toEqual(readSql(path));
        },
      ),
      { numRuns: 25 },
    );
  },
);

test.each([
  ['rowid table', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)'],
  ['WITHOUT ROWID table', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c) WITHOUT ROWID'],
])(
  'records of every length around where they spill over come off the pages of a %s',
  async (_kind, sql) => {
    const path = join(await tempDir(), 'lengths.db');
    const rows = Array.from({ length: 1_600 }, (_, size): Value[] => [
      Buffer.alloc(size, 7),
      null,
      1n,
    ]);
    build(path, sql, 512, rows, 0);
    expect(readPages(path)).toEqual(readSql(path));
  },
);

function build(path: string, sql: string, pageSize: number, rows: Value[][], deleteEvery: number) {
  const db = new Database(path);
  db.pragma(`page_size = ${pageSize}`);
  db.exec(sql);
  const insert = db.prepare('INSERT INTO t (id, a, b, c) VALUES (?, ?, ?, ?)');
  db.exec('BEGIN');
  for (const [i, row] of rows.entries()) {
    insert.run(BigInt(i - 20) * (i % 2 ? 1n : 4_000_000_000_000_001n), ...row);
  }
  db.exec('COMMIT');
  if (deleteEvery > 1) db.exec(`DELETE FROM t WHERE abs(id) % ${deleteEvery} = 0`);
  db.close();
}

function readSql(path: string): string[] {
  const db = new Database(path, { readonly: true });
  db.defaultSafeIntegers(true);
  const columns = ['id', 'a', 'b', 'c'];
  const rows = db
    .prepare<[], Value[]>(
      `SELECT ${columns.map((name) => `typeof(${name}), CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`).join(', ')} FROM t ORDER BY id`,
    )
    .raw()
    .all()
    .map((row) =>
      columns.map((name, i) => show(name, String(row[i * 2]), row[i * 2 + 1] ?? null)).join(' | '),
    );
  db.close();
  return rows;
}

function readPages(path: string): string[] {
  const db = new Database(path, { readonly: true });
  const [table] = readSchema(db).tables;
  db.close();
  if (table === undefined) throw new Error('no table');
  const file = new PageFile(path);
  const units = listRowUnits(file, table.rootPage);
  const rows: string[] = [];
  new RowScanner(file).scan(units, 0, units.pages.length, (bytes, start, _end, rowid) => {
    const cells = decodeRow(table, file.encoding, bytes, start, rowid);
    rows.push(['id', 'a', 'b', 'c'].map((name) => showCell(name, cells.get(name))).join(' | '));
  });
  file.close();
  return rows;
}

function showCell(name: string, cell: Cell | undefined): string {
  if (cell === undefined) return `${name} absent`;
  if (cell.kind === 'null') return show(name, 'null', null);
  return show(name, cell.kind, 'bytes' in cell ? cell.bytes : cell.value);
}

function show(name: string, kind: string, value: Value): string {
  const shown = Buffer.isBuffer(value)
    ? value.toString('hex')
    : Object.is(value, -0)
      ? '-0'
      : String(value);
  return `${name} ${kind} ${shown}`;
}
