import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { ORIGIN } from '../../../src/sync/position.js';
import { contentsOf, openAuthority, openFollower, textClient } from './postgres-follower.js';

const DDL = {
  sqlite: 'CREATE TABLE players (id INTEGER PRIMARY KEY, score INTEGER)',
  postgres: 'CREATE TABLE players (id bigint PRIMARY KEY, score bigint)',
};

/** Keys and rows in a set, of a key of one column. */
const players = (rows: string[], keys = rows.map((row) => row.split('\t')[0] as string)) => ({
  players: { keys: keys.map((key) => [key]), rows },
});

async function loggedIds(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query('SELECT id FROM cardctl.change ORDER BY id');
  return rows.map(({ id }) => id);
}

describe('a transaction that commits late with lower sequence numbers', () => {
  it('is read when it has committed', async () => {
    const { side, sql, connect } = await openAuthority(DDL);
    const late = await connect();
    await late.query('BEGIN; INSERT INTO players VALUES (1, 1)');
    await sql.query('INSERT INTO players VALUES (2, 2)');
    const first = await side.readChanges(ORIGIN, 1);
    expect(first).toMatchObject({ epoch: 1, from: ORIGIN, entries: 1, hasMore: false });
    expect(contentsOf(first)).toEqual(players(['2\t2']));
    const behind = first!.to;
    expect(behind.sequence).toBe(2);
    expect(await side.readChanges(behind, 1)).toBeNull();

    await late.query('COMMIT');
    const second = await side.readChanges(behind, 1);
    expect(contentsOf(second)).toEqual(players(['1\t1']));
    expect(second?.to.sequence).toBe(2);
    expect(await side.readChanges(second!.to, 1)).toBeNull();
  });

  it('is never read when it is rolled back', async () => {
    const { side, sql, connect } = await openAuthority(DDL);
    const late = await connect();
    await late.query('BEGIN; INSERT INTO players VALUES (1, 1)');
    await sql.query('INSERT INTO players VALUES (2, 2)');
    const first = await side.readChanges(ORIGIN, 1);
    await late.query('ROLLBACK');
    expect(await side.readChanges(first!.to, 1)).toBeNull();
  });

  it('is read where it logged in a subtransaction', async () => {
    const { side, sql, connect } = await openAuthority(DDL);
    const late = await connect();
    await late.query('BEGIN; SAVEPOINT a; INSERT INTO players VALUES (1, 1); RELEASE a');
    await late.query('SAVEPOINT b; INSERT INTO players VALUES (9, 9); ROLLBACK TO b');
    await sql.query('INSERT INTO players VALUES (2, 2)');
    const first = await side.readChanges(ORIGIN, 1);
    expect(contentsOf(first)).toEqual(players(['2\t2']));
    await late.query('COMMIT');
    expect(contentsOf(await side.readChanges(first!.to, 1))).toEqual(players(['1\t1']));
  });

  it('is not forgotten with what was read before it', async () => {
    const { side, sql, connect } = await openAuthority(DDL);
    const late = await connect();
    await late.query('BEGIN; INSERT INTO players VALUES (1, 1)');
    await sql.query('INSERT INTO players VALUES (2, 2); INSERT INTO players VALUES (3, 3)');
    const first = await side.readChanges(ORIGIN, 1);
    await late.query('COMMIT');
    await side.forget(first!.to, 1);
    expect(await loggedIds(sql)).toEqual(['1', '3']);
    expect(contentsOf(await side.readChanges(first!.to, 1))).toEqual(players(['1\t1']));
  });
});

describe('a change is logged by its key', () => {
  it('once a row and kind of change, the old key too where it changed', async () => {
    const { side, sql } = await openAuthority(DDL);
    await sql.query('INSERT INTO players VALUES (1, 1), (2, 2), (3, 3)');
    let behind = (await side.readChanges(ORIGIN, 1))!.to;
    const next = async (statement: string) => {
      await sql.query(statement);
      const set = await side.readChanges(behind, 1);
      behind = set?.to ?? behind;
      return contentsOf(set);
    };
    expect(await next('UPDATE players SET score = 5 WHERE id = 1')).toEqual(players(['1\t5']));
    expect(await next('UPDATE players SET id = 10 WHERE id = 2')).toEqual(
      players(['10\t2'], ['10', '2']),
    );
    expect(await next('DELETE FROM players WHERE id = 3')).toEqual(players([], ['3']));
    expect(
      await next('INSERT INTO players VALUES (1, 0) ON CONFLICT (id) DO UPDATE SET score = 7'),
    ).toEqual(players(['1\t7']));
    expect(await next('INSERT INTO players VALUES (1, 0) ON CONFLICT DO NOTHING')).toEqual({});
    expect(await next('UPDATE players SET score = 1 WHERE false')).toEqual({});
    expect(
      await next(
        'BEGIN; INSERT INTO players VALUES (4, 4); DELETE FROM players WHERE id = 4; COMMIT',
      ),
    ).toEqual(players([], ['4']));
  });

  it('as the server writes it for COPY, whatever the settings of the writer', async () => {
    const { side, sql } = await openAuthority({
      sqlite: `CREATE TABLE "Odd ""Table" (
        "select" TEXT, "B b" BLOB, real REAL, flag BOOLEAN, n INTEGER, PRIMARY KEY ("select", "B b", real, flag)) WITHOUT ROWID`,
      postgres: `CREATE TABLE "Odd ""Table" (
        "select" text COLLATE "C", "B b" bytea, real double precision, flag boolean, n bigint,
        PRIMARY KEY ("select", "B b", real, flag))`,
    });
    // Functions that would come before the server's own, if ours did not say which they mean.
    await sql.query(`
      CREATE SCHEMA shadow;
      CREATE FUNCTION shadow.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;`);
    await sql.query(`SET bytea_output = escape; SET extra_float_digits = -5;
      SET search_path = shadow, pg_catalog; SET standard_conforming_strings = off`);
    await sql.query(
      `INSERT INTO public."Odd ""Table" VALUES ($1, $2, 0.1::float8 + 0.2::float8, true, 1), ('', '', '-Infinity', false, NULL)`,
      [`{"a,b\\'}\t\n`, Buffer.from([0, 255])],
    );
    const read = contentsOf(await side.readChanges(ORIGIN, 1));
    expect(read).toEqual({
      'Odd "Table': {
        keys: [
          ['', '\\x', '-Infinity', 'f'],
          [`{"a,b\\'}\t\n`, '\\x00ff', '0.30000000000000004', 't'],
        ],
        rows: [
          '\t\\\\x\t-Infinity\tf\tNULL',
          `{"a,b\\\\'}\\t\\n\t\\\\x00ff\t0.30000000000000004\tt\t1`,
        ],
      },
    });
  });

  it('also by a role that has no rights in the schema of the log', async () => {
    const { side, sql, database } = await openAuthority(DDL);
    const bot = `${database.name}_bot`;
    const admin = new URL(database.adminUrl);
    const superuser = await textClient(admin.href);
    await superuser.query(`CREATE ROLE ${bot} LOGIN PASSWORD 'bot'`);
    try {
      await sql.query(`GRANT SELECT, INSERT ON players TO ${bot}`);
      admin.username = bot;
      admin.password = 'bot';
      const client = await textClient(admin.href);
      await client.query('INSERT INTO players VALUES (1, 1)');
      expect(contentsOf(await side.readChanges(ORIGIN, 1))).toEqual(players(['1\t1']));
      await expect(client.query('SELECT * FROM cardctl.change')).rejects.toMatchObject({
        code: '42501',
      });
    } finally {
      await sql.query(`REVOKE ALL ON players FROM ${bot}`);
      await superuser.query(`DROP ROLE ${bot}`);
    }
  });

  it('stops the reader with table and column where the key is NULL', async () => {
    const { side, sql } = await openAuthority({
      sqlite: 'CREATE TABLE names (name TEXT PRIMARY KEY)',
      postgres: 'CREATE TABLE names (name text COLLATE "C" UNIQUE)',
    });
    await sql.query('INSERT INTO names VALUES (NULL)');
    await expect(side.readChanges(ORIGIN, 1)).rejects.toMatchObject({
      code: 'refused',
      message: 'a row of names has NULL in name of its key',
      hint: expect.stringContaining('cardctl assess'),
    });
  });

  it('is not logged while the database follows', async () => {
    const { sql, lease } = await openFollower(DDL);
    await lease.client.query('INSERT INTO public.players VALUES (1, 1)');
    await lease.client.query('UPDATE public.players SET id = 2');
    expect(await loggedIds(sql)).toEqual([]);
  });
});

describe('a large backlog', () => {
  it('is read in sets that end where a transaction does, each entry once', async () => {
    const { side, sql, connect } = await openAuthority(DDL);
    const late = await connect();
    await late.query('BEGIN; INSERT INTO players VALUES (0, 0)');
    for (const first of [1, 40_001, 80_001]) {
      await sql.query(
        `INSERT INTO players SELECT n, n FROM generate_series(${first}, ${first + 39_999}) AS n`,
      );
    }
    const one = await side.readChanges(ORIGIN, 1);
    await late.query('COMMIT');
    const two = await side.readChanges(one!.to, 1);
    const keys = [one, two].map((set) => set?.tables.flatMap((each) => each.keys.flat()) ?? []);
    expect([one?.hasMore, two?.hasMore]).toEqual([true, false]);
    expect(keys.map((each) => each.length)).toEqual([80_000, 40_001]);
    expect(new Set(keys.flat()).size).toBe(120_001);
    expect(keys[1]).toContain('0');
    expect(await side.readChanges(two!.to, 1)).toBeNull();
  });
});

describe('forgetting', () => {
  it('keeps what is behind the position, and the last entry', async () => {
    const { side, sql } = await openAuthority(DDL);
    await sql.query('INSERT INTO players VALUES (1, 1), (2, 2)');
    const first = await side.readChanges(ORIGIN, 1);
    await side.forget(ORIGIN, 1);
    expect(await loggedIds(sql)).toEqual(['1', '2']);
    await side.forget(first!.to, 1);
    expect(await loggedIds(sql)).toEqual(['2']);
    await sql.query('INSERT INTO players VALUES (3, 3)');
    await side.forget(first!.to, 1);
    expect(await loggedIds(sql)).toEqual(['3']);
    expect(contentsOf(await side.readChanges(first!.to, 1))).toEqual(players(['3\t3']));
    await expect(side.forget(first!.to, 2)).rejects.toMatchObject({ code: 'refused' });
  });

  it('takes more than a batch', async () => {
    const { side, sql } = await openAuthority(DDL);
    await sql.query('INSERT INTO players SELECT n, n FROM generate_series(1, 25000) AS n');
    const set = await side.readChanges(ORIGIN, 1);
    await side.forget(set!.to, 1);
    expect(await loggedIds(sql)).toEqual(['25000']);
  });
});

describe('touching', () => {
  it('has rows copied again, as if they had changed', async () => {
    const { side, sql, table } = await openAuthority(DDL);
    await sql.query('INSERT INTO players VALUES (1, 1), (2, 2)');
    const behind = (await side.readChanges(ORIGIN, 1))!.to;
    await side.touch([{ table: table('players'), keys: [['2'], ['9']] }]);
    expect(contentsOf(await side.readChanges(behind, 1))).toEqual(players(['2\t2'], ['2', '9']));
  });

  it('is refused where nothing may be written', async () => {
    const { side, table } = await openAuthority(DDL);
    await side.raiseFence(1, 1_000);
    const touched = side.touch([{ table: table('players'), keys: [['1']] }]);
    await expect(touched).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a long transaction', () => {
  it('does not have what came after it read again', async () => {
    const { side, sql, connect } = await openAuthority(DDL);
    const long = await connect();
    await long.query('BEGIN; INSERT INTO players VALUES (0, 0)');
    let behind = ORIGIN;
    for (const id of ['1', '2', '3']) {
      await sql.query('INSERT INTO players VALUES ($1, 7)', [id]);
      const set = await side.readChanges(behind, 1);
      expect(contentsOf(set)).toEqual(players([`${id}\t7`]));
      behind = set!.to;
    }
    await sql.query('CREATE TABLE elsewhere (id bigint)');
    expect(await side.readChanges(behind, 1)).toBeNull();
    await long.query('COMMIT');
    expect(contentsOf(await side.readChanges(behind, 1))).toEqual(players(['0\t0']));
  });
});

describe('rows', () => {
  it('are those of the moment at which the log was read', async () => {
    const { side, sql, connect } = await openAuthority(DDL);
    const other = await connect();
    await sql.query('INSERT INTO players VALUES (1, 1)');
    await other.query('BEGIN; LOCK TABLE players IN ACCESS EXCLUSIVE MODE');
    const first = side.readChanges(ORIGIN, 1);
    const waiting = `SELECT 1 FROM pg_locks WHERE relation = 'players'::regclass AND NOT granted`;
    while ((await sql.query(waiting)).rowCount === 0) await sleep(5);
    await other.query('UPDATE players SET score = 2; COMMIT');
    expect(contentsOf(await first)).toEqual(players(['1\t1']));
    expect(contentsOf(await side.readChanges((await first)!.to, 1))).toEqual(players(['1\t2']));
  });
});

describe('reading is refused', () => {
  it('under another epoch', async () => {
    const { side } = await openAuthority(DDL);
    await expect(side.readChanges(ORIGIN, 2)).rejects.toMatchObject({ code: 'refused' });
  });

  it('at what is no position of a Postgres log', async () => {
    const { side } = await openAuthority(DDL);
    const wrong = { sequence: 1, snapshot: `1:2:' OR true` };
    await expect(side.readChanges(wrong, 1)).rejects.toMatchObject({ code: 'refused' });
  });

  it.each([
    'ALTER TABLE players ADD COLUMN extra text',
    'ALTER TABLE players RENAME COLUMN score TO points',
    'ALTER TABLE players ALTER COLUMN score TYPE integer',
    'ALTER TABLE players DISABLE TRIGGER cardctl_capture',
    'DROP TRIGGER cardctl_fence ON players',
  ])('after %s', async (change) => {
    const { side, sql } = await openAuthority(DDL);
    await sql.query('INSERT INTO players VALUES (1, 1)');
    await sql.query(change);
    expect((await side.facts()).isInstalled).toBe(false);
    await expect(side.readChanges(ORIGIN, 1)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('have changed since it began to follow'),
    });
  });
});
