import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { openSource } from '../../../src/drivers/sqlite.js';
import { readSchema } from '../../../src/schema/read.js';
import { CountedAhead, type HeadStart } from '../../../src/snapshot/counted-ahead.js';
import { examineSnapshot } from '../../../src/snapshot/examine.js';
import { missingValues } from '../../../src/snapshot/missing-values.js';
import { PageFile } from '../../../src/snapshot/page-file.js';
import { CountAhead } from '../../../src/snapshot/take/count-ahead.js';
import { copyPass, type FilePair, patchPass } from '../../../src/snapshot/take/passes.js';
import { tempDir } from '../../support/temp-dir.js';

vi.setConfig({ testTimeout: 30_000 });

const ROWS = 20_000;
const FIRST = `UPDATE game SET note = 'x' || char(0) || substr(note, 3) WHERE id = 1`;

test('a copy that nobody wrote to is counted whole while it is made', async () => {
  const { headStart, copyPath } = await copiedWhile('SELECT 1', 2_500);
  const pages = headStart.counted.reduce((sum, { stretch }) => sum + stretch.units.pages.length, 0);
  expect(pages).toBe(await unitsOf(copyPath));
  expect(await census(copyPath, headStart)).toEqual(await census(copyPath));
});

test.each([
  ['a value was changed', FIRST],
  ['rows were added', `INSERT INTO game (note) VALUES (NULL), (x'00'), (2.5)`],
  ['rows were removed', 'DELETE FROM game WHERE id BETWEEN 100 AND 400'],
  [
    'a row was changed where it runs over',
    `UPDATE long SET text = substr(text, 2) || char(0) WHERE id = 3`,
  ],
  ['a column was added', 'ALTER TABLE game ADD COLUMN hearts INTEGER DEFAULT 10'],
  [
    'another table took the name',
    'ALTER TABLE long RENAME TO was; ALTER TABLE game RENAME TO long',
  ],
  ['the file was rebuilt', 'DELETE FROM game WHERE id % 3 = 0; VACUUM'],
])('what was counted before %s is not believed', async (_what, sql) => {
  const { headStart, copyPath } = await copiedWhile(sql);
  expect(await census(copyPath, headStart)).toEqual(await census(copyPath));
});

test('a change costs the count of its own stretch alone', async () => {
  const { headStart } = await copiedWhile(FIRST);
  const known = headStart.counted.filter(({ stretch }) => stretch.table === 'game');
  const starts = known.map(({ stretch }) => stretch.from).sort((a, b) => a - b);
  expect(starts.slice(0, 3)).toEqual([1, 2, 3].map((number) => number * headStart.stretchLength));
});

/**
 * Copies a source, counting ahead; runs `sql` on it before the copy is compared with it.
 *
 * @param startMs how long the counting is given before anything is copied, milliseconds
 */
async function copiedWhile(
  sql: string,
  startMs = 0,
): Promise<{ headStart: HeadStart; copyPath: string }> {
  const directory = await tempDir();
  const [sourcePath, copyPath] = [join(directory, 'source.db'), join(directory, 'copy.db')];
  build(sourcePath);
  closeSync(openSync(copyPath, 'wx'));
  const files: FilePair = {
    sourcePath,
    targetPath: copyPath,
    sourceFd: openSync(sourcePath, 'r'),
    targetFd: openSync(copyPath, 'r+'),
    pageSize: 512,
    patchedPages: new Set(),
  };
  const source = openSource(sourcePath);
  const ahead = CountAhead.begin(source, files);
  if (ahead === null) throw new Error('nothing is counted ahead');
  try {
    // Time for the thread to read what is not there yet, if it would.
    await Promise.race([ahead.ended, sleep(startMs)]);
    await copyPass(
      files,
      () => {},
      (done) => ahead.copied(done),
    );
    await ahead.ended;
    write(sourcePath, sql);
    await patchPass(files, Number.POSITIVE_INFINITY);
    return { headStart: await ahead.finish(files.patchedPages), copyPath };
  } finally {
    await ahead.close();
    source.close();
    closeSync(files.sourceFd);
    closeSync(files.targetFd);
  }
}

/** More than 8,192 pages: below that nothing is counted ahead. */
function build(path: string): void {
  const db = new Database(path);
  db.pragma('page_size = 512');
  db.pragma('synchronous = off');
  db.exec(`
    CREATE TABLE game (id INTEGER PRIMARY KEY, note);
    CREATE TABLE long (id INTEGER PRIMARY KEY, text);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
    INSERT INTO game SELECT i, printf('%0200d', i) FROM n;
    INSERT INTO long SELECT id, printf('%03000d', 0) FROM game WHERE id < 20;`);
  db.close();
}

function write(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

async function unitsOf(path: string): Promise<number> {
  const tables = await examined(path);
  return [...tables.values()].reduce((sum, { units }) => sum + units.pages.length, 0);
}

async function census(path: string, headStart?: HeadStart) {
  const tables = await examined(path, headStart);
  return [...tables].map(([table, { rows, census }]) => ({ table, rows, census }));
}

async function examined(path: string, headStart?: HeadStart) {
  const source = openSource(path);
  const schema = readSchema(source.db);
  source.close();
  const file = new PageFile(path);
  try {
    return await examineSnapshot(file, schema, missingValues(schema), {
      signal: new AbortController().signal,
      ...(headStart && { ahead: new CountedAhead(headStart) }),
    });
  } finally {
    file.close();
  }
}
