import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSource } from '../../../src/drivers/sqlite.js';
import { readSchema } from '../../../src/schema/read.js';
import { examineSnapshot } from '../../../src/snapshot/examine.js';
import { missingValues } from '../../../src/snapshot/missing-values.js';
import { PageFile } from '../../../src/snapshot/page-file.js';
import { tempDir } from '../../support/temp-dir.js';

const value = fc.oneof(
  fc.constant(null),
  fc.constantFrom(0n, 1n),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.constantFrom('', '2025-10-11', '2025-10-11T10:20:30.123456', '2025-10-11 10:20:30', '17'),
  fc.string({ maxLength: 30 }),
  fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes)),
);

test.each([
  'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)',
  'CREATE TABLE t (id INTEGER, a, b, PRIMARY KEY (id)) WITHOUT ROWID',
])('the census of %s is the same however it is divided', async (sql) => {
  const directory = await tempDir();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(value, value), { minLength: 30, maxLength: 80, size: 'max' }),
      fc.integer({ min: 1, max: 9 }),
      async (rows, length) => {
        const path = join(directory, `${run++}.db`);
        build(path, sql, rows);
        expect(await examined(path, length)).toEqual(await examined(path, 1_000));
      },
    ),
    { numRuns: 15 },
  );
});

function build(path: string, sql: string, rows: [unknown, unknown][]): void {
  const db = new Database(path);
  db.pragma('page_size = 512');
  db.pragma('synchronous = off');
  db.exec(sql);
  const insert = db.prepare('INSERT INTO t (id, a, b) VALUES (?, ?, ?)');
  db.transaction(() => {
    for (const [i, [a, b]] of rows.entries()) insert.run(BigInt(i), a, b);
  })();
  db.close();
}

/** @param stretchLength units that are counted in one go */
async function examined(path: string, stretchLength: number) {
  const source = openSource(path);
  const schema = readSchema(source.db);
  source.close();
  const file = new PageFile(path);
  try {
    return await examineSnapshot(file, schema, missingValues(schema), {
      signal: new AbortController().signal,
      stretchLength,
    });
  } finally {
    file.close();
  }
}
