import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openPools } from '../../../src/drivers/postgres-pools.js';
import { openWritable } from '../../../src/drivers/sqlite-writable.js';
import { systemClock } from '../../../src/lib/clock.js';
import { postgresStore } from '../../../src/store/postgres/store.js';
import { sqliteStore } from '../../../src/store/sqlite/store.js';
import type { Store } from '../../../src/store/store.js';
import { atEnd } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';
import { gameInPostgres, gameInSqlite } from '../../support/game-stores.js';

const write = (store: Store, updateId: bigint) => store.write(updateId, async () => []);

describe('a store over SQLite', () => {
  it('waits for a lock in the busy timeout, and says so when that is over', async () => {
    const { address } = await gameInSqlite('delete');
    const other = new Sqlite(address);
    atEnd(() => void other.close());
    const store = sqliteStore(openWritable(address, { busyTimeoutMs: 300 }), systemClock);
    atEnd(() => store.close());
    other.exec('BEGIN EXCLUSIVE');
    const locked = { code: 'source', message: `${address} stayed locked for 0.3 s` };
    await expect(write(store, 1n)).rejects.toMatchObject(locked);
    await expect(store.fileId('a.jpg')).rejects.toMatchObject(locked);
    const patient = write(store, 2n);
    const reader = store.fileId('a.jpg');
    setTimeout(() => other.exec('ROLLBACK'), 100);
    expect((await patient).outcome).toBe('applied');
    expect(await reader).toBeNull();
  });

  it('waits for readers to let a commit through', async () => {
    const { address } = await gameInSqlite('delete');
    const other = new Sqlite(address);
    atEnd(() => void other.close());
    const store = sqliteStore(openWritable(address, { busyTimeoutMs: 300 }), systemClock);
    atEnd(() => store.close());
    other.exec('BEGIN');
    other.prepare('SELECT count(*) FROM players').get();
    await expect(write(store, 1n)).rejects.toMatchObject({ code: 'source' });
    other.exec('ROLLBACK');
    // Nothing of it was left behind.
    expect((await write(store, 1n)).outcome).toBe('applied');
  });

  it('leaves the journal mode and the foreign keys as the bot has them', async () => {
    for (const journal of ['delete', 'wal'] as const) {
      const { address } = await gameInSqlite(journal);
      const file = openWritable(address);
      const settings = ['journal_mode', 'foreign_keys', 'synchronous'].map((name) =>
        file.writer.pragma(name, { simple: true }),
      );
      file.close();
      expect(settings).toEqual([journal, 0n, 2n]);
    }
  });

  it('is not opened on what is no database', () => {
    expect(() => openWritable('/no/such/game.db')).toThrow('/no/such/game.db does not exist');
    expect(() => openWritable('/etc/hostname')).toThrow(/is not a SQLite database/);
  });
});

describe('a store over Postgres', () => {
  it('fails what is under way when the server ends its connections, and then goes on', async () => {
    const game = await gameInPostgres({});
    const store = game.open();
    await write(store, 1n);
    const cut = store.write(2n, async (writes) => {
      await writes.player(1n);
      await game.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'cardbot'`,
      );
      await writes.player(2n);
      return [];
    });
    await expect(cut).rejects.toMatchObject({ code: 'target' });
    const outcomes = [(await write(store, 2n)).outcome, (await write(store, 1n)).outcome];
    expect(outcomes).toEqual(['applied', 'repeated']);
  });

  it('repeats an update that lost a deadlock', async () => {
    const game = await gameInPostgres({});
    const store = game.open();
    const [first, second] = (
      await game.query('SELECT user_id FROM players ORDER BY user_id LIMIT 2')
    ).map((row) => row.user_id as bigint) as [bigint, bigint];
    let arrived = 0;
    let meet = () => {};
    const bothHaveOne = new Promise<void>((resolve) => {
      meet = resolve;
    });
    let runs = 0;
    // Against the rule: each locks what the other waits for.
    const crossing = (updateId: bigint, mine: bigint, theirs: bigint) =>
      store.write(updateId, async (writes) => {
        runs += 1;
        const [player] = await writes.lockPlayers([mine]);
        arrived += 1;
        if (arrived === 2) meet();
        await bothHaveOne;
        await writes.lockPlayers([theirs]);
        await writes.updatePlayer(mine, { total_score: (player?.total_score ?? 0) + 1 });
        return [];
      });
    const scores = async () =>
      (
        await store.read(null, async (reads) => [
          await reads.player(first),
          await reads.player(second),
        ])
      ).map((player) => player?.total_score ?? 0);
    const before = await scores();
    const written = await Promise.all([crossing(1n, first, second), crossing(2n, second, first)]);
    expect(written.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect(runs).toBe(3);
    expect(await scores()).toEqual(before.map((score) => score + 1));
  });

  it('says when no connection can be had', async () => {
    const port = await freePort();
    const away = postgresStore(
      openPools({ primaryUrl: `postgresql://me:hunter2secret@127.0.0.1:${port}/game` }),
      systemClock,
    );
    atEnd(() => away.close());
    await expect(write(away, 1n)).rejects.toMatchObject({
      code: 'target',
      message: `nothing answers at 127.0.0.1:${port}/game: connection refused`,
    });

    const game = await gameInPostgres({});
    const pools = openPools({
      primaryUrl: game.address,
      write: { min: 0, max: 1 },
      connectTimeoutMs: 2_000,
    });
    const store = postgresStore(pools, systemClock);
    atEnd(() => store.close());
    await write(store, 1n);
    let letGo = () => {};
    const isOver = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    // It has the only connection for as long as the other waits.
    const holding = store.write(2n, async () => {
      await isOver;
      return [];
    });
    await expect(write(store, 3n).finally(letGo)).rejects.toMatchObject({
      code: 'target',
      message: expect.stringMatching(/no connection to .* within 2\.0 s/),
    });
    expect(await holding).toMatchObject({ outcome: 'applied' });
  });
});
