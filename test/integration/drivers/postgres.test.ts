import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, inject, it, vi } from 'vitest';
import { openTarget, type Target, urlOf } from '../../../src/drivers/postgres.js';
import { CardctlError } from '../../../src/lib/errors.js';
import { atEnd } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';
import { createDatabase } from '../../support/postgres.js';

describe('a target', () => {
  it('gives every value as the server’s own text', async () => {
    const { url } = await createDatabase();
    const { rows } = await target(url).query(
      `SELECT 9007199254740993::int8 AS big, 0.1::float8 + 0.2 AS sum, true AS yes, NULL AS nothing,
              '\\x00ff'::bytea AS bytes, '{1,2}'::int[] AS list, '{"a": 1}'::jsonb AS document,
              '2024-02-29 12:00:00.123456'::timestamp AS moment, $1::text AS given`,
      ['سلام'],
    );
    expect(rows).toEqual([
      {
        big: '9007199254740993',
        sum: '0.30000000000000004',
        yes: 't',
        nothing: null,
        bytes: '\\x00ff',
        list: '{1,2}',
        document: '{"a": 1}',
        moment: '2024-02-29 12:00:00.123456',
        given: 'سلام',
      },
    ]);
  });

  it('connects only when asked to, under its name, and one query after the other', async () => {
    const { url, name } = await createDatabase();
    const one = target(url, { applicationName: 'cardctl migrate' });
    const count = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${name}'`;
    const answers = await Promise.all(Array.from({ length: 5 }, () => one.query(count)));
    expect(answers.map(({ rows }) => rows[0]?.count)).toEqual(['1', '1', '1', '1', '1']);
    const { rows } = await one.query(`SELECT current_setting('application_name') AS name`);
    expect(rows).toEqual([{ name: 'cardctl migrate' }]);
  });

  it('ends all its connections when it is closed', async () => {
    const { url, adminUrl, name } = await createDatabase();
    const one = target(url);
    await one.query('SELECT 1');
    await one.connect();
    await one.connect();
    expect(await connections(adminUrl, name)).toBe(3);
    await one.close();
    await vi.waitUntil(async () => (await connections(adminUrl, name)) === 0);
  });

  it('survives a connection that dies while idle, and makes the shared one anew', async () => {
    const { url, adminUrl } = await createDatabase();
    const one = target(url);
    const own = await one.connect();
    await one.query('SELECT 1');
    const ended = new Promise((resolve) => own.once('end', resolve));
    await target(adminUrl).query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await ended;
    await expect(own.query('SELECT 1')).rejects.toThrow();
    // A query that is under way when the shared one dies still fails.
    await vi.waitFor(async () => {
      expect((await one.query('SELECT 2 AS two')).rows).toEqual([{ two: '2' }]);
    });
  });

  it('goes on after a statement that failed', async () => {
    const { url } = await createDatabase();
    const one = target(url);
    await expect(one.query('SELECT * FROM nowhere')).rejects.toMatchObject({
      code: 'target',
      message: expect.stringContaining('relation "nowhere" does not exist (42P01)'),
    });
    expect((await one.query('SELECT 1 AS one')).rows).toEqual([{ one: '1' }]);
  });

  it('is found by the URL of a database block, whatever its names and password hold', async () => {
    const admin = target(inject('postgresAdminUrl'));
    const user = `u@:/?# %${randomBytes(4).toString('hex')}`;
    const database = `Game@:/&+ %بازی ${randomBytes(4).toString('hex')}`;
    const password = `p@:/?#[]&=+ %41'"\\ß`;
    const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
    await admin.query(`CREATE ROLE "${user}" LOGIN PASSWORD ${literal(password)}`);
    atEnd(async () => void (await admin.query(`DROP ROLE "${user}"`)));
    await admin.query(`CREATE DATABASE "${database}" OWNER "${user}"`);
    atEnd(async () => void (await admin.query(`DROP DATABASE "${database}" WITH (FORCE)`)));
    const { hostname: host, port } = new URL(inject('postgresAdminUrl'));
    const one = target(urlOf({ type: 'postgresql', host, port, database, user, password }));
    const { rows } = await one.query('SELECT current_user AS user, current_database() AS database');
    expect(rows).toEqual([{ user, database }]);
    expect(one.name).toBe(`${host}:${port}/${database}`);
  });
});

describe('what goes wrong is said in words, with a next step and without the password', () => {
  it('nothing listens', async () => {
    const port = await freePort();
    await expectFailure(`postgresql://me:hunter2secret@localhost:${port}/game`, {
      message: `nothing answers at localhost:${port}/game: connection refused`,
      hint: /Start the Postgres server/,
    });
  });

  it('the host does not exist', async () => {
    await expectFailure('postgresql://me:hunter2secret@no-such-host.invalid/game', {
      message: /the host of no-such-host.invalid:5432\/game is unknown/,
      hint: /percent-encoded/,
    });
  });

  it('the server does not answer', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    atEnd(() => void silent.close());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `postgresql://me:hunter2secret@127.0.0.1:${port}/game`;
    await expectFailure(
      url,
      { message: `127.0.0.1:${port}/game did not answer within 1 s`, hint: /firewall/ },
      { connectTimeoutMs: 1_000 },
    );
  });

  it('the password is wrong', async () => {
    const { url, name } = await createDatabase();
    const wrong = withPassword(url, 'hunter2secret');
    await expectFailure(wrong, {
      message: new RegExp(`does not accept the password of user ${name}`),
      hint: /Correct user and password/,
    });
  });

  it('the database does not exist', async () => {
    const { url, name } = await createDatabase();
    const { port } = new URL(url);
    await expectFailure(url.replace(/[^/]*$/, 'no_such_game'), {
      message: /there is no database of that name at .*\/no_such_game/,
      hint: `Create it first: createdb -h 127.0.0.1 -p ${port} -O ${name} no_such_game`,
    });
  });

  it('TLS is wanted of a server without it', async () => {
    const { url } = await createDatabase();
    await expectFailure(`${url}?sslmode=require`, {
      message: /The server does not support SSL connections/,
      hint: /sslmode=disable/,
    });
  });

  it('no connection is left', async () => {
    const { url, name } = await createDatabase();
    await target(inject('postgresAdminUrl')).query(`ALTER ROLE ${name} CONNECTION LIMIT 1`);
    await target(url).query('SELECT 1');
    await expectFailure(url, {
      message: /has no connection left: too many connections for role/,
      hint: /--jobs/,
    });
  });

  it('the schema is not the user’s', async () => {
    const { url, adminUrl, name } = await createDatabase();
    await target(adminUrl).query(`REVOKE ALL ON SCHEMA public FROM PUBLIC, ${name}`);
    await target(adminUrl).query('ALTER SCHEMA public OWNER TO postgres');
    await expectFailure(
      url,
      {
        message: new RegExp(`user ${name} may not do that .*permission denied for schema public`),
        hint: expect.stringContaining(`GRANT USAGE, CREATE ON SCHEMA public TO "${name}"`),
      },
      { sql: 'CREATE TABLE public.players ()' },
    );
  });

  it('the target takes no writes', async () => {
    const { url } = await createDatabase();
    const readOnly = `${url}?options=-c%20default_transaction_read_only=on`;
    await expectFailure(
      readOnly,
      { message: /takes no writes/, hint: /primary/ },
      { sql: 'CREATE TABLE players ()' },
    );
  });

  it('the connection is ended by the server', async () => {
    const { url } = await createDatabase();
    await expectFailure(
      url,
      { message: /ended the connection: terminating connection/, hint: /--resume/ },
      { sql: 'SELECT pg_terminate_backend(pg_backend_pid())' },
    );
  });

  it('a statement is cancelled', async () => {
    const { url } = await createDatabase();
    await expectFailure(
      url,
      { message: /cancelled a statement: .*timeout/, hint: /statement_timeout/ },
      { sql: `SET statement_timeout = 10; SELECT pg_sleep(5)` },
    );
  });
});

interface Expected {
  message: string | RegExp;
  hint: string | RegExp;
}

async function expectFailure(
  url: string,
  expected: Expected,
  { sql = 'SELECT 1', connectTimeoutMs }: { sql?: string; connectTimeoutMs?: number } = {},
): Promise<void> {
  const error: unknown = await target(url, { connectTimeoutMs })
    .query(sql)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CardctlError);
  const { code, message, hint } = error as CardctlError;
  expect(code).toBe('target');
  expect({ message, hint }).toEqual({
    message: textLike(expected.message),
    hint: textLike(expected.hint),
  });
  const { password } = new URL(url);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(password);
}

function textLike(expected: string | RegExp): unknown {
  return expected instanceof RegExp ? expect.stringMatching(expected) : expected;
}

function target(url: string, options: Parameters<typeof openTarget>[1] = {}): Target {
  const opened = openTarget(url, options);
  atEnd(() => opened.close());
  return opened;
}

function withPassword(url: string, password: string): string {
  const changed = new URL(url);
  changed.password = password;
  return changed.href;
}

async function connections(adminUrl: string, name: string): Promise<number> {
  const { rows } = await target(adminUrl).query(
    'SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() AND usename = $1',
    [name],
  );
  return Number(rows[0]?.count);
}
