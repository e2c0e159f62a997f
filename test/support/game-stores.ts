import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { generateGame } from '../../fixtures/game/generate.js';
import { openPools, type PoolsOptions } from '../../src/drivers/postgres-pools.js';
import { openWritable } from '../../src/drivers/sqlite-writable.js';
import type { Clock } from '../../src/lib/clock.js';
import type { Database } from '../../src/store/executor.js';
import { prepareStore } from '../../src/store/ledger-schema.js';
import { postgresDatabase } from '../../src/store/postgres/database.js';
import { postgresStore } from '../../src/store/postgres/store.js';
import { sqliteDatabase } from '../../src/store/sqlite/database.js';
import { sqliteStore } from '../../src/store/sqlite/store.js';
import type { Store, StoreKind } from '../../src/store/store.js';
import { atEnd } from './cleanup.js';
import { migrateInProcess } from './migrate.js';
import { startPgBouncer } from './pgbouncer.js';
import { createDatabase } from './postgres.js';
import { tempDir } from './temp-dir.js';
import { withTypedColumns } from './typed-columns.js';

/** A clock that stands still until it is set. */
export interface TestClock extends Clock {
  set(at: Date): void;
}

/** A game in one database, and ways to it. */
export interface GameInDatabase {
  kind: StoreKind;
  /** The file that it was made from, which nobody writes to. */
  sourcePath: string;
  /** A path or a URL: what a process of its own opens it by. */
  address: string;
  /** Its URL through the PgBouncer that the stores use, where there is one. */
  pgBouncerUrl: string | null;
  clock: TestClock;
  /** A store with connections of its own; closed at the end of the test or file. */
  open(): Store;
  openDatabase(): Database;
  /** Runs one statement through the plain driver; integers come as bigint, times as text. */
  query(sql: string): Promise<Record<string, unknown>[]>;
}

/** The databases that a store must do the same on, each freshly filled and with its authority. */
export const GAMES: Record<string, () => Promise<GameInDatabase>> = {
  'SQLite with a rollback journal': () => gameInSqlite('delete'),
  'SQLite with a WAL': () => gameInSqlite('wal'),
  'Postgres with times as text': () => gameInPostgres({}),
  'Postgres with timestamps and booleans, behind PgBouncer': () =>
    gameInPostgres({ typed: true, behindPgBouncer: true }),
};

export async function gameInSqlite(journal: 'delete' | 'wal'): Promise<GameInDatabase> {
  const sourcePath = await newGame();
  const address = join(await tempDir(), 'game_bot.db');
  copyFileSync(sourcePath, address);
  const plain = new Sqlite(address);
  plain.pragma(`journal_mode = ${journal}`);
  plain.defaultSafeIntegers(true);
  atEnd(() => void plain.close());
  const clock = testClock();
  const openDatabase = () => closedAtEnd(sqliteDatabase(openWritable(address)));
  await prepareStore(openDatabase());
  return {
    kind: 'sqlite',
    sourcePath,
    address,
    pgBouncerUrl: null,
    clock,
    open: () => closedAtEnd(sqliteStore(openWritable(address), clock)),
    openDatabase,
    query: async (sql) => {
      const statement = plain.prepare<[], Record<string, unknown>>(sql);
      if (statement.reader) return statement.all();
      statement.run();
      return [];
    },
  };
}

/** All test files share one server and its connections. */
const SMALL_POOL = { min: 0, max: 4 };

export interface PostgresGameOptions {
  /** The source declares its times DATETIME and its flags BOOLEAN, and so are they in Postgres. */
  typed?: boolean;
  pools?: Partial<PoolsOptions>;
  /** The stores reach it through one in transaction mode; `address` and `query` do not. */
  behindPgBouncer?: boolean;
}

export async function gameInPostgres({
  typed = false,
  pools = {},
  behindPgBouncer = false,
}: PostgresGameOptions): Promise<GameInDatabase> {
  const plainPath = await newGame();
  const sourcePath = typed ? await withTypedColumns(plainPath) : plainPath;
  const { url } = await createDatabase();
  await migrateInProcess({ sourcePath, targetUrl: url, workDir: await tempDir() });
  const clock = testClock();
  const pgBouncerUrl = behindPgBouncer ? (await startPgBouncer(url)).url : null;
  const sizes = { write: SMALL_POOL, read: SMALL_POOL };
  const options = { primaryUrl: pgBouncerUrl ?? url, behindPgBouncer, ...sizes, ...pools };
  const openDatabase = () => closedAtEnd(postgresDatabase(openPools(options), clock));
  await prepareStore(openDatabase());
  const query = async (sql: string) => {
    const types = { getTypeParser: parserOf } as unknown as pg.CustomTypesConfig;
    const client = new pg.Client({ connectionString: url, types });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  await query(`UPDATE cardctl.authority SET store = 'postgres', epoch = 1`);
  return {
    kind: 'postgres',
    sourcePath,
    address: url,
    pgBouncerUrl,
    clock,
    open: () => closedAtEnd(postgresStore(openPools(options), clock)),
    openDatabase,
    query,
  };
}

function parserOf(oid: number): (text: string) => unknown {
  if (oid === pg.types.builtins.INT8) return BigInt;
  return oid === pg.types.builtins.BOOL ? (text) => text === 't' : (text) => text;
}

async function newGame(): Promise<string> {
  const path = join(await tempDir(), 'source.db');
  generateGame({ path, players: 60, seed: 3 });
  return path;
}

function testClock(): TestClock {
  let at: Date | null = null;
  return {
    now: () => at ?? new Date(),
    monotonicMs: () => performance.now(),
    set: (date) => {
      at = date;
    },
  };
}

function closedAtEnd<Closable extends { close(): Promise<void> }>(opened: Closable): Closable {
  atEnd(() => opened.close());
  return opened;
}
