import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openTarget } from '../../../src/drivers/postgres.js';
import { openSource } from '../../../src/drivers/sqlite.js';
import { CardctlError } from '../../../src/lib/errors.js';
import { tablesToFollow } from '../../../src/sync/followed-tables.js';
import { moveRules } from '../../support/migrate.js';
import {
  applyAll,
  link,
  linkedPair,
  switchTo,
  textClient,
} from '../../support/move/linked-pair.js';
import { createDatabase } from '../../support/postgres.js';
import { makeDatabase, quoted, type Recipe, recipes } from '../../support/random-database.js';
import {
  type RandomTransaction,
  transactions,
  type WrittenTable,
  writeToPostgres,
  writeToSqlite,
} from '../../support/random-writes.js';
import { tempDir } from '../../support/temp-dir.js';

const RUNS = Number(process.env.CARDCTL_PROPERTY_RUNS ?? 20);

test('whatever is written, on whichever side, the other has it when it has caught up', {
  timeout: 60_000 + RUNS * 10_000,
}, async () => {
  const seed = Number(process.env.CARDCTL_SEED ?? Date.now() & 0x7fffffff);
  console.log(`random-moves: CARDCTL_SEED=${seed} CARDCTL_PROPERTY_RUNS=${RUNS}`);
  const database = await createDatabase();
  const owner = await textClient(database.url);
  let moved = 0;
  const property = fc.asyncProperty(
    recipes,
    transactions,
    transactions,
    transactions,
    async (recipe, first, second, third) => {
      await owner.query(
        'DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS cardctl CASCADE',
      );
      const path = join(await tempDir(), 'source.db');
      fc.pre(makeDatabase(path, withKeys(recipe)).length > 0);
      fc.pre(await isLinked(path, database.url));
      if (await moves(path, database, first, second, third)) moved += 1;
    },
  );
  await fc.assert(property, {
    seed,
    numRuns: RUNS,
    interruptAfterTimeLimit: RUNS * 10_000,
    endOnFailure: process.env.CARDCTL_NO_SHRINK === '1',
  });
  console.log(`random-moves: ${moved} of ${RUNS} moved there and back`);
  // Else it would prove little.
  expect(moved).toBeGreaterThan(RUNS / 2);
});

/** What cannot be followed: a table without a key, a row with NULL in it. */
function withKeys(recipe: Recipe): Recipe {
  const tables = recipe.tables.map((table) => {
    const key = table.key === 'none' ? ('rowid' as const) : table.key;
    const hasId = key === 'rowid' || key === 'autoincrement';
    const columns = table.columns.map((column) => {
      return { ...column, isWild: false, notNull: column.notNull || !hasId };
    });
    return { ...table, columns, key };
  });
  return { ...recipe, tables };
}

/** False for a database that a move refuses, by the values that it holds. */
async function isLinked(path: string, url: string): Promise<boolean> {
  try {
    await link(path, url);
    return true;
  } catch (error) {
    if (error instanceof CardctlError && error.code === 'refused') return false;
    throw error;
  }
}

/** False when something was written that the target cannot hold: the follower says so, and stands. */
async function moves(
  path: string,
  database: { url: string; adminUrl: string },
  first: readonly RandomTransaction[],
  second: readonly RandomTransaction[],
  third: readonly RandomTransaction[],
): Promise<boolean> {
  const sqlite = new Database(path);
  sqlite.pragma('foreign_keys = OFF');
  sqlite.pragma('synchronous = OFF');
  const linked = await linkedPair(path, sqlite, database);
  const opened = await linked.open();
  const tables = await writtenTables(path, database.url);
  try {
    for (const each of first) writeToSqlite(sqlite, tables.sqlite, each);
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    await switchTo(opened, 'postgres');
    for (const each of second) await writeToPostgres(linked.postgres, tables.postgres, each);
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    await switchTo(opened, 'sqlite');
    for (const each of third) writeToSqlite(sqlite, tables.sqlite, each);
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    return true;
  } catch (error) {
    if (!(error instanceof CardctlError) || !('value' in error.details)) throw error;
    expect(error.details).toMatchObject({
      table: expect.any(String),
      column: expect.any(String),
      key: expect.any(Array),
    });
    return false;
  } finally {
    await opened.close();
    await linked.postgres.end();
    sqlite.close();
  }
}

/** The tables as either side names them. */
async function writtenTables(
  path: string,
  url: string,
): Promise<{ sqlite: WrittenTable[]; postgres: WrittenTable[] }> {
  const source = openSource(path);
  const target = openTarget(url);
  try {
    const tables = await tablesToFollow(source.db, await target.connect(), moveRules());
    return {
      sqlite: tables.map(({ table, columns, key }) => ({
        name: quoted(table.source.name),
        columns: columns.map(({ plan }) => quoted(plan.source.name)),
        key: key.map((column) => columns.indexOf(column)),
      })),
      postgres: tables.map(({ table, columns, key }) => ({
        name: `public.${quoted(table.targetName)}`,
        columns: columns.map(({ plan }) => quoted(plan.targetName)),
        key: key.map((column) => columns.indexOf(column)),
      })),
    };
  } finally {
    source.close();
    await target.close();
  }
}
