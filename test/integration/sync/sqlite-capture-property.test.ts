import { join } from 'node:path';
import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSchema } from '../../../src/schema/read.js';
import { type CapturedTable, capturedTables } from '../../../src/sync/captured-table.js';
import { installCapture, removeCapture } from '../../../src/sync/sqlite/install.js';
import { makeDatabase, quoted, recipes } from '../../support/random-database.js';
import { tempDir } from '../../support/temp-dir.js';
import {
  HARD_TABLES,
  type Transaction,
  transactions,
  type Writable,
  write,
} from './sqlite-random-writes.js';
import { open, openFile, schemaOf } from './sqlite-support.js';

const RUNS = Number(process.env.CARDCTL_PROPERTY_RUNS ?? 60);

const TIMEOUT = { timeout: 20_000 + RUNS * 3_000 };

test(
  'of any tables and any transactions, the log names every row that is not what it was',
  TIMEOUT,
  async () => {
    await proves(
      'any tables',
      recipes,
      (recipe) => (path) => makeDatabase(path, recipe).length > 0,
    );
  },
);

test('of tables that are hard to tell rows apart in, too', TIMEOUT, async () => {
  await proves('hard tables', fc.constant(HARD_TABLES), (sql) => (path) => {
    open(path).exec(sql);
    return true;
  });
});

/** @param maker makes the database at a path, if there is one to make */
async function proves<Tables>(
  what: string,
  tables: fc.Arbitrary<Tables>,
  maker: (tables: Tables) => (path: string) => boolean,
): Promise<void> {
  const seed = Number(process.env.CARDCTL_SEED ?? Date.now() & 0x7fffffff);
  console.log(`sqlite-capture, ${what}: CARDCTL_SEED=${seed} CARDCTL_PROPERTY_RUNS=${RUNS}`);
  let changed = 0;
  const property = fc.asyncProperty(tables, transactions, async (given, done) => {
    changed += await logsWhatChanges(maker(given), done);
  });
  await fc.assert(property, { seed, numRuns: RUNS, interruptAfterTimeLimit: RUNS * 3_000 });
  console.log(`sqlite-capture, ${what}: ${changed} rows changed`);
  // Else it would prove little.
  expect(changed).toBeGreaterThan(RUNS);
}

async function logsWhatChanges(
  make: (path: string) => boolean,
  given: Transaction[],
): Promise<number> {
  const path = join(await tempDir(), 'game.db');
  fc.pre(make(path));
  const bot = open(path);
  const file = openFile(path);
  const schema = schemaOf(bot);
  const { captured } = capturedTables(readSchema(file.writer).tables);
  await installCapture(file, captured);
  const writable = captured.map(writableOf);
  const before = captured.map((table) => rowsOf(bot, table));
  for (const { writes, commits } of given) {
    bot.exec('BEGIN');
    for (const each of writes) write(bot, writable, each);
    if (bot.inTransaction) bot.exec(commits ? 'COMMIT' : 'ROLLBACK');
  }
  let count = 0;
  for (const [i, table] of captured.entries()) {
    const differing = differences(before[i] ?? new Map(), rowsOf(bot, table));
    const logged = keysLogged(bot, table);
    expect(differing.filter((key) => !logged.has(key))).toEqual([]);
    count += differing.length;
  }
  await removeCapture(file);
  expect(schemaOf(bot)).toEqual(schema);
  bot.close();
  file.close();
  return count;
}

function writableOf({ source }: CapturedTable): Writable {
  const columns = source.columns.filter(({ generated }) => generated === null);
  return { name: source.name, columns: columns.map(({ name }) => name) };
}

/** What rows hold, by their keys, with storage classes. A row without a key is nobody's. */
function rowsOf(db: Database.Database, { source, key }: CapturedTable): Map<string, string> {
  const row = source.columns.map(({ name }) => exactSql(quoted(name))).join(` || ', ' || `);
  const named = key.map((name) => `${quoted(name)} IS NOT NULL`).join(' AND ');
  const sql = `SELECT ${keySql(key.map(quoted))}, ${row} FROM ${quoted(source.name)} WHERE ${named}`;
  return new Map(db.prepare<[], [string, string]>(sql).raw().all());
}

function keysLogged(db: Database.Database, { number, key }: CapturedTable): Set<string> {
  const columns = key.map((_, i) => `k${i + 1}`);
  const sql = `SELECT ${keySql(columns)} FROM cardctl_change WHERE tbl = ${number}`;
  return new Set(db.prepare<[], string>(sql).pluck().all());
}

function keySql(columns: readonly string[]): string {
  return columns.map(exactSql).join(` || '|' || `);
}

/** Every byte of a value. */
function exactSql(column: string): string {
  return `typeof(${column}) || ' ' || ifnull(hex(${column}), '')`;
}

function differences(before: Map<string, string>, after: Map<string, string>): string[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => before.get(key) !== after.get(key));
}
