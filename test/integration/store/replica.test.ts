import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPools } from '../../../src/drivers/postgres-pools.js';
import { systemClock } from '../../../src/lib/clock.js';
import { prepareStore } from '../../../src/store/ledger-schema.js';
import { postgresDatabase } from '../../../src/store/postgres/database.js';
import type { ReplicaOptions } from '../../../src/store/postgres/replica.js';
import { postgresStore } from '../../../src/store/postgres/store.js';
import type { Position, Store } from '../../../src/store/store.js';
import { atEnd } from '../../support/cleanup.js';
import { type PostgresServer, startPostgres, startReplica } from '../../support/postgres-server.js';

const QUICK: ReplicaOptions = { waitMsMax: 200, ageMsMax: 10_000, leaveAloneMs: 200 };

let primary: PostgresServer;
let replica: PostgresServer;
let nextUpdate = 1n;

beforeAll(async () => {
  primary = await startPostgres();
  replica = await startReplica(primary);
  const pools = openPools({ primaryUrl: primary.adminUrl });
  const database = postgresDatabase(pools, systemClock);
  await prepareStore(database);
  await database.close();
  await sql(
    primary,
    `UPDATE cardctl.authority SET store = 'postgres';
     CREATE TABLE players (user_id bigint PRIMARY KEY, username text, first_name text,
       hearts bigint, lives bigint, total_score bigint, last_heart_reset text,
       last_lives_reset text, last_claim text, created_at text NOT NULL);
     INSERT INTO players (user_id, total_score, created_at) VALUES (1, 0, '')`,
  );
  await caughtUp();
}, 120_000);

afterAll(async () => {
  await replica.stop();
  await primary.stop();
});

describe('a store with a replica', () => {
  it('reads from the replica, which may be a moment behind', async () => {
    const store = open();
    await paused(async () => {
      await set(store, 5);
      expect(await score(store, null)).toBe(0);
    });
    await caughtUp();
    expect(await score(store, null)).toBe(5);
    expect(await readsOn(replica)).toBeGreaterThan(0);
  });

  it('shows a player the player’s own write: waits until the replica has it', async () => {
    const store = open({ ...QUICK, waitMsMax: 20_000 });
    await score(store, null);
    const readers: Promise<unknown>[] = [];
    await paused(async () => {
      const position = await set(store, 6);
      readers.push(score(store, position).then((value) => [value, 'after the wait']));
      await sleep(100);
    });
    expect(await Promise.all(readers)).toEqual([[6, 'after the wait']]);
  });

  it('reads an own write from the primary when the replica does not get there in time', async () => {
    const store = open();
    await paused(async () => {
      const position = await set(store, 7);
      expect(await score(store, position)).toBe(7);
      expect(await score(store, null)).toBe(6);
    });
  });

  it('leaves a replica alone that is too old while the primary moves on, and comes back', async () => {
    const store = open({ ...QUICK, ageMsMax: 1 });
    await caughtUp();
    await paused(async () => {
      await set(store, 8);
      await sleep(20);
      const fresh = open({ ...QUICK, ageMsMax: 1 });
      expect(await score(fresh, null)).toBe(8);
      expect(await score(open(), null)).toBe(7);
    });
    await caughtUp();
    // An idle primary makes no replica old, however long ago its last transaction was.
    await sleep(20);
    const idle = open({ ...QUICK, ageMsMax: 1 });
    const before = await readsOn(replica);
    expect(await score(idle, null)).toBe(8);
    expect(await readsOn(replica)).toBeGreaterThan(before);
  });

  it('goes on from the primary when the replica dies, and comes back when it is there again', async () => {
    const store = open();
    await set(store, 9);
    await caughtUp();
    expect(await score(store, null)).toBe(9);
    await replica.crash();
    const many = Array.from({ length: 20 }, () => score(store, null));
    expect(new Set(await Promise.all(many))).toEqual(new Set([9]));
    const position = await set(store, 10);
    expect(await score(store, position)).toBe(10);
    expect(await score(store, null)).toBe(10);
    await replica.startAgain();
    await caughtUp();
    await expect.poll(() => isReadOnReplica(store), { timeout: 20_000 }).toBe(true);
  });
});

function open(options: ReplicaOptions = QUICK): Store {
  const size = { min: 0, max: 4 };
  const urls = { primaryUrl: primary.adminUrl, replicaUrl: replica.adminUrl };
  const pools = openPools({ ...urls, write: size, read: size, applicationName: 'the store' });
  const store = postgresStore(pools, systemClock, options);
  atEnd(() => store.close());
  return store;
}

async function set(store: Store, value: number): Promise<Position> {
  const written = await store.write(nextUpdate++, async (writes) => {
    await writes.updatePlayer(1n, { total_score: value });
    return [];
  });
  if (written.outcome !== 'applied' || written.position === null) throw new Error(written.outcome);
  return written.position;
}

async function score(store: Store, behind: Position | null): Promise<number | null | undefined> {
  const player = await store.read(behind, (reads) => reads.player(1n), 'one');
  return player?.total_score;
}

/** Holds the replay on the replica while `body` runs. */
async function paused(body: () => Promise<void>): Promise<void> {
  await sql(replica, 'SELECT pg_wal_replay_pause()');
  await expect
    .poll(async () => (await sql(replica, 'SELECT pg_get_wal_replay_pause_state() AS s'))[0]?.s)
    .toBe('paused');
  try {
    await body();
  } finally {
    await sql(replica, 'SELECT pg_wal_replay_resume()');
  }
}

async function caughtUp(): Promise<void> {
  const [row] = await sql(primary, 'SELECT pg_current_wal_insert_lsn() AS lsn');
  const check = `SELECT pg_last_wal_replay_lsn() >= '${row?.lsn}'::pg_lsn AS yes`;
  await vi.waitUntil(async () => (await sql(replica, check))[0]?.yes, { timeout: 20_000 });
}

/** How many connections of a store have read the game there, and not only looked how it does. */
async function readsOn(server: PostgresServer): Promise<number> {
  const [row] = await sql(
    server,
    `SELECT count(*)::int AS n FROM pg_stat_activity 
      WHERE application_name = 'the store' AND query LIKE '%FROM players%'`,
  );
  return row?.n as number;
}

async function isReadOnReplica(store: Store): Promise<boolean> {
  await score(store, null);
  return (await readsOn(replica)) > 0;
}

async function sql(server: PostgresServer, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.adminUrl });
  await client.connect();
  try {
    const result = await client.query(text);
    return Array.isArray(result) ? [] : result.rows;
  } finally {
    await client.end();
  }
}
