import Database from 'better-sqlite3';
import pg from 'pg';
import { openTarget, type Target } from '../../../src/drivers/postgres.js';
import { readSchema } from '../../../src/schema/read.js';
import { capturedTables } from '../../../src/sync/captured-table.js';
import { type FollowedTable, followedTable } from '../../../src/sync/followed-table.js';
import type { Position } from '../../../src/sync/position.js';
import { installFollower } from '../../../src/sync/postgres/install.js';
import { type Lease, openLease } from '../../../src/sync/postgres/lease.js';
import { postgresSide } from '../../../src/sync/postgres/side.js';
import type { ChangeSet, NextIds, Side, TableChanges } from '../../../src/sync/side.js';
import { escapeCopyText, NULL_TEXT } from '../../../src/sync/tables/copy-fields.js';
import { pairTables } from '../../../src/sync/tables/pair-tables.js';
import { readTargetCatalog } from '../../../src/sync/tables/target-catalog.js';
import { atEnd } from '../../support/cleanup.js';
import { createDatabase, type TestDatabase } from '../../support/postgres.js';

export const SOURCE_ID = 'source-1';
export const FIRST: Position = { sequence: 7, snapshot: null };
export const NO_IDS: NextIds = new Map();

/** A table in both dialects, and what a value of the one is in the other. */
export interface Ddl {
  sqlite: string;
  postgres: string;
}

export interface Follower {
  database: TestDatabase;
  target: Target;
  tables: FollowedTable[];
  table(name: string): FollowedTable;
  /** An ordinary connection of the owner's, as psql or a bot has. Values come as text. */
  sql: pg.Client;
  connect(): Promise<pg.Client>;
}

/** A target with empty tables, owned by an ordinary role, that follows nobody yet. */
export async function emptyTarget(ddl: Ddl, serverUrl?: string): Promise<Follower> {
  const database = await createDatabase({ serverUrl });
  const target = openTarget(database.url);
  atEnd(() => target.close());
  const connect = () => textClient(database.url);
  const sql = await connect();
  await sql.query(ddl.postgres);
  const tables = await followedTables(ddl.sqlite, sql);
  const table = (name: string) => {
    const found = tables.find((each) => each.table.source.name === name);
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  };
  return { database, target, tables, table, sql, connect };
}

/** The same, following a source under epoch 0 from sequence 7 on. */
export async function newFollower(ddl: Ddl, serverUrl?: string): Promise<Follower> {
  const follower = await emptyTarget(ddl, serverUrl);
  await installFollower(follower.target, follower.tables, {
    sourceId: SOURCE_ID,
    epoch: 0,
    position: FIRST,
  });
  return follower;
}

export interface OpenSide extends Follower {
  side: Side;
  lease: Lease;
}

/** A follower with its side and lease. */
export async function openFollower(ddl: Ddl, serverUrl?: string): Promise<OpenSide> {
  return withSide(await newFollower(ddl, serverUrl));
}

/**
 * The same as the authority of epoch 1.
 *
 * @param serverUrl the superuser's, of a server of the test's own
 */
export async function openAuthority(ddl: Ddl, serverUrl?: string): Promise<OpenSide> {
  const open = await openFollower(ddl, serverUrl);
  await open.side.takeAuthority(1, NO_IDS);
  return open;
}

export async function withSide(follower: Follower): Promise<OpenSide> {
  const lease = await openLease(follower.target);
  atEnd(() => lease.release());
  const side = openSide(follower, lease);
  return { ...follower, side, lease };
}

export function openSide({ target, tables }: Follower, lease: Lease | null): Side {
  const side = postgresSide({ target, lease, tables });
  atEnd(() => side.close());
  return side;
}

/** Values come as the server's text. It ends with the test. */
export async function textClient(url: string): Promise<pg.Client> {
  const types = { getTypeParser: () => (text: string) => text };
  const client = new pg.Client({
    connectionString: url,
    types: types as unknown as pg.CustomTypesConfig,
  });
  client.on('error', () => undefined);
  await client.connect();
  atEnd(() => client.end());
  return client;
}

async function followedTables(sqlite: string, client: pg.Client): Promise<FollowedTable[]> {
  const db = new Database(':memory:');
  try {
    db.exec(sqlite);
    const schema = readSchema(db);
    const { tables } = pairTables(db, schema, schema.tables, {
      catalog: await readTargetCatalog(client),
      columnRules: new Map(),
      rejectsAll: false,
    });
    return capturedTables(schema.tables).captured.map((captured) => {
      const paired = tables.find(({ source }) => source.name === captured.source.name);
      if (paired === undefined) throw new Error(`${captured.source.name} is not in the target`);
      const followed = followedTable(captured, paired);
      if ('reason' in followed) throw new Error(followed.reason);
      return followed;
    });
  } finally {
    db.close();
  }
}

/** Changes of one table: keys, and the rows that there are, fields in the order of its columns. */
export function changesOf(
  table: FollowedTable,
  keys: string[][],
  rows: readonly (string | null)[][],
): TableChanges {
  const lines = rows.map(
    (row) =>
      `${row.map((field) => (field === null ? NULL_TEXT : escapeCopyText(field))).join('\t')}\n`,
  );
  return { table, keys, rows: Buffer.from(lines.join(''), 'utf8'), rowCount: rows.length };
}

/** A set of an authority in SQLite, where a position is a number. */
export function setOf(from: number, to: number, tables: TableChanges[], epoch = 0): ChangeSet {
  return {
    epoch,
    from: { sequence: from, snapshot: null },
    to: { sequence: to, snapshot: null },
    entries: tables.reduce((sum, { keys }) => sum + keys.length, 0),
    hasMore: false,
    tables,
  };
}

/** What a set read from the authority says, by table: sorted keys, and sorted rows. */
export function contentsOf(
  set: ChangeSet | null,
): Record<string, { keys: string[][]; rows: string[] }> {
  const tables = set?.tables ?? [];
  return Object.fromEntries(
    tables.map(({ table, keys, rows }) => {
      const lines = rows.toString('utf8').replaceAll(NULL_TEXT, 'NULL').split('\n').slice(0, -1);
      return [table.table.source.name, { keys: [...keys].sort(), rows: lines.sort() }];
    }),
  );
}
