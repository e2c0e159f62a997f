import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { beforeAll, describe, expect, it } from 'vitest';
import { ORIGIN } from '../../../src/sync/position.js';
import { openLease } from '../../../src/sync/postgres/lease.js';
import {
  changesOf,
  contentsOf,
  NO_IDS,
  newFollower,
  openAuthority,
  openFollower,
  openSide,
  setOf,
  textClient,
} from './postgres-follower.js';

const DDL = {
  sqlite: 'CREATE TABLE players (id INTEGER PRIMARY KEY, score INTEGER)',
  postgres: `CREATE TABLE players (id bigint PRIMARY KEY, score bigint);
    CREATE VIEW best AS SELECT id, score FROM players`,
};

const FENCED = { code: 'CC001' };
const NOT_HERE =
  'cardctl: this database follows another and takes no writes of its own: write to the SQLite file (authority sqlite, epoch 0)';

async function scores(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query('SELECT id, score FROM players ORDER BY id');
  return Object.fromEntries(rows.map(({ id, score }) => [id, score]));
}

describe('a database that follows', () => {
  let sql: pg.Client;

  beforeAll(async () => {
    ({ sql } = await newFollower(DDL));
  });

  it.each([
    'INSERT INTO players VALUES (1, 1)',
    'INSERT INTO players VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET score = 2',
    'UPDATE players SET score = 1 WHERE false',
    'DELETE FROM players WHERE false',
    'TRUNCATE players',
    'WITH new AS (INSERT INTO players VALUES (1, 1) RETURNING id) SELECT * FROM new',
    'MERGE INTO players USING (SELECT 1 AS id) AS n ON players.id = n.id WHEN NOT MATCHED THEN INSERT VALUES (1, 1)',
    'UPDATE best SET score = 1',
    'BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE players SET score = 1',
    'BEGIN ISOLATION LEVEL SERIALIZABLE; DELETE FROM players',
  ])('refuses: %s', async (statement) => {
    await expect(sql.query(statement)).rejects.toMatchObject({ ...FENCED, message: NOT_HERE });
    await sql.query('ROLLBACK');
    expect(await scores(sql)).toEqual({});
  });

  it('refuses COPY', async () => {
    const copy = sql.query(copyFrom('COPY players FROM STDIN'));
    copy.end('1\t1\n');
    await expect(finished(copy)).rejects.toMatchObject({ ...FENCED, message: NOT_HERE });
    expect(await scores(sql)).toEqual({});
  });

  it('says where to write, and how to find out', async () => {
    const error = await sql.query('DELETE FROM players').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: NOT_HERE,
      hint: expect.stringContaining('cardctl status'),
    });
  });

  it.each(['', 'a guess'])("does not let a session pass that calls itself '%s'", async (token) => {
    const { sql } = await openFollower(DDL);
    await sql.query(`SELECT set_config('cardctl.applier', $1, false)`, [token]);
    await expect(sql.query('INSERT INTO players VALUES (1, 1)')).rejects.toMatchObject(FENCED);
    expect(await scores(sql)).toEqual({});
  });

  it('lets nobody pass while no lease was ever taken', async () => {
    const { sql } = await newFollower(DDL);
    await sql.query(`SELECT set_config('cardctl.applier', NULL, false)`);
    await expect(sql.query('INSERT INTO players VALUES (1, 1)')).rejects.toMatchObject(FENCED);
  });

  it('refuses the token of an earlier lease', async () => {
    const { target, sql, lease } = await openFollower(DDL);
    await sql.query(`SELECT set_config('cardctl.applier', $1, false)`, [lease.token]);
    await sql.query('INSERT INTO players VALUES (1, 1)');
    await lease.release();
    const next = await openLease(target);
    await expect(sql.query('INSERT INTO players VALUES (2, 1)')).rejects.toMatchObject(FENCED);
    await next.release();
    expect(await scores(sql)).toEqual({ 1: '1' });
  });

  it('refuses a superuser in whose session ordinary triggers do not fire', async () => {
    const { database, sql } = await newFollower(DDL);
    const admin = await textClient(database.adminUrl);
    await admin.query('SET session_replication_role = replica');
    await expect(admin.query('INSERT INTO players VALUES (1, 1)')).rejects.toMatchObject(FENCED);
    expect(await scores(sql)).toEqual({});
  });
});

describe('an applier that was overtaken', () => {
  it('is refused once this database is the authority, also in the middle of a transaction', async () => {
    const follower = await openFollower(DDL);
    const { side, lease, sql } = follower;
    await side.takeAuthority(1, NO_IDS);
    await expect(
      lease.client.query('INSERT INTO public.players VALUES (1, 1)'),
    ).rejects.toMatchObject({
      ...FENCED,
      message:
        'cardctl: this session applied changes of an earlier epoch, and may write no more (authority postgres, epoch 1)',
    });
    const late = setOf(7, 8, [changesOf(follower.table('players'), [['1']], [['1', '1']])]);
    await expect(side.apply(late)).rejects.toMatchObject({ code: 'refused' });
    expect(await scores(sql)).toEqual({});
  });
});

describe('the authority', () => {
  it('refuses nothing but TRUNCATE', async () => {
    const { sql } = await openAuthority(DDL);
    await sql.query('INSERT INTO players VALUES (1, 1)');
    await sql.query('UPDATE best SET score = 2');
    await expect(sql.query('TRUNCATE players')).rejects.toMatchObject({
      ...FENCED,
      message: 'cardctl: TRUNCATE of public.players would not reach the other database',
    });
    expect(await scores(sql)).toEqual({ 1: '2' });
  });

  it('refuses every writer while the fence is up, and none when it is down again', async () => {
    const { side, sql } = await openAuthority(DDL);
    await sql.query('INSERT INTO players VALUES (1, 1)');
    const position = await side.raiseFence(1, 1_000);
    expect(position.sequence).toBe(1);
    expect(await side.raiseFence(1, 1_000)).toEqual(position);
    expect(await side.facts()).toMatchObject({
      authority: { store: 'postgres', epoch: 1, moving: true },
      logged: position,
    });
    await expect(sql.query('UPDATE players SET score = 2')).rejects.toMatchObject({
      ...FENCED,
      message:
        'cardctl: nobody may write now, the authority is about to move (authority postgres, epoch 1)',
    });
    expect((await side.readChanges(ORIGIN, 1))?.to).toEqual(position);
    expect(await side.readChanges(position, 1)).toBeNull();

    await side.lowerFence(2);
    await side.lowerFence(2);
    expect((await side.facts()).authority).toEqual({ store: 'postgres', epoch: 2, moving: false });
    await sql.query('UPDATE players SET score = 3');
    expect(contentsOf(await side.readChanges(position, 2))).toEqual({
      players: { keys: [['1']], rows: ['1\t3'] },
    });
  });

  it('raises its fence for its own epoch only, and lowers it for the next', async () => {
    const { side, sql } = await openAuthority(DDL);
    await expect(side.raiseFence(2, 100)).rejects.toMatchObject({ code: 'refused' });
    await side.raiseFence(1, 100);
    for (const epoch of [1, 3]) {
      await expect(side.lowerFence(epoch)).rejects.toMatchObject({ code: 'refused' });
    }
    await expect(sql.query('DELETE FROM players')).rejects.toMatchObject(FENCED);
  });

  it('fences nothing when writers do not end in time, and names them', async () => {
    const { side, sql, connect } = await openAuthority(DDL);
    await sql.query(`BEGIN; SET application_name = 'slow bot'; INSERT INTO players VALUES (1, 1)`);
    const { rows } = await sql.query('SELECT pg_backend_pid() AS pid');
    const error = await side.raiseFence(1, 100).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining(`slow bot (pid ${rows[0].pid}, since`),
    });
    const other = await connect();
    await other.query('INSERT INTO players VALUES (2, 2)');
    await sql.query('COMMIT');
    expect(await scores(sql)).toEqual({ 1: '1', 2: '2' });
  });
});

/** Resolves when so many sessions wait for the lock of the fence. */
async function untilWaiting(sql: pg.Client, count: number): Promise<void> {
  const waiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  while ((await sql.query(waiting)).rowCount !== count) await sleep(5);
}

const ISOLATIONS = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'];

describe('a long transaction that began before the fence', () => {
  it.each(ISOLATIONS)('is waited for when it has written: %s', async (isolation) => {
    const { side, sql } = await openAuthority(DDL);
    await sql.query(`BEGIN ISOLATION LEVEL ${isolation}; INSERT INTO players VALUES (1, 1)`);
    let isUp = false;
    const raised = side.raiseFence(1, 10_000).then((position) => {
      isUp = true;
      return position;
    });
    await untilWaiting(sql, 1);
    expect(isUp).toBe(false);
    await sql.query('INSERT INTO players VALUES (2, 2); COMMIT');
    const position = await raised;
    const set = await side.readChanges(ORIGIN, 1);
    expect(set?.to).toEqual(position);
    expect(contentsOf(set)).toEqual({ players: { keys: [['1'], ['2']], rows: ['1\t1', '2\t2'] } });
  });

  it.each(ISOLATIONS)('fails when it has only read, and writes later: %s', async (isolation) => {
    const { side, sql } = await openAuthority(DDL);
    await sql.query(`BEGIN ISOLATION LEVEL ${isolation}; SELECT count(*) FROM players`);
    await side.raiseFence(1, 1_000);
    const code = isolation === 'READ COMMITTED' ? 'CC001' : '40001';
    await expect(sql.query('INSERT INTO players VALUES (1, 1)')).rejects.toMatchObject({ code });
    await sql.query('ROLLBACK');
    expect(await side.readChanges(ORIGIN, 1)).toBeNull();
  });

  it.each(ISOLATIONS)('fails when its write waits for the fence: %s', async (isolation) => {
    const { side, sql, connect } = await openAuthority(DDL);
    const late = await connect();
    await sql.query('BEGIN; INSERT INTO players VALUES (1, 1)');
    await late.query(`BEGIN ISOLATION LEVEL ${isolation}; SELECT count(*) FROM players`);
    const raised = side.raiseFence(1, 10_000);
    await untilWaiting(sql, 1);
    const code = isolation === 'READ COMMITTED' ? 'CC001' : '40001';
    const refused = expect(late.query('INSERT INTO players VALUES (2, 2)')).rejects.toMatchObject({
      code,
    });
    await untilWaiting(sql, 2);
    await sql.query('COMMIT');
    await raised;
    await refused;
    await late.query('ROLLBACK');
    expect(contentsOf(await side.readChanges(ORIGIN, 1))).toEqual({
      players: { keys: [['1']], rows: ['1\t1'] },
    });
  });

  it.each(ISOLATIONS)(
    'fails when the database has become the follower meanwhile: %s',
    async (isolation) => {
      const follower = await openAuthority(DDL);
      const { side, sql } = follower;
      await sql.query(`BEGIN ISOLATION LEVEL ${isolation}; SELECT count(*) FROM players`);
      await side.raiseFence(1, 1_000);
      await side.yieldAuthority(2);
      const code = isolation === 'READ COMMITTED' ? 'CC001' : '40001';
      await expect(sql.query('INSERT INTO players VALUES (1, 1)')).rejects.toMatchObject({ code });
      await sql.query('ROLLBACK');
      expect(await scores(sql)).toEqual({});
    },
  );
});

describe('without a lease', () => {
  it('an authority can be read and fenced, and nothing be applied', async () => {
    const follower = await openAuthority(DDL);
    const side = openSide(follower, null);
    await follower.sql.query('INSERT INTO players VALUES (1, 1)');
    expect(contentsOf(await side.readChanges(ORIGIN, 1))).toEqual({
      players: { keys: [['1']], rows: ['1\t1'] },
    });
    await side.raiseFence(1, 1_000);
    await expect(side.apply(setOf(7, 8, []))).rejects.toMatchObject({ code: 'refused' });
    await expect(side.takeAuthority(2, NO_IDS)).rejects.toMatchObject({ code: 'refused' });
  });
});
