import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { appendFile, readdir, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import {
  embeddedStatus,
  removeEmbedded,
  startEmbedded,
  stopEmbedded,
} from '../../../src/drivers/embedded-postgres.js';
import { atEnd } from '../../support/cleanup.js';
import { tempDir } from '../../support/temp-dir.js';
import { ask, processesWith, serverPid, startElsewhere, workDirectory } from './embedded.js';

describe('a first start', () => {
  it('makes a UTF8 database in locale C that is safe and suited to bulk loads', async () => {
    const { url, port, dataDir, started } = await startEmbedded(await workDirectory());
    expect(started).toBe(true);
    expect(new URL(url)).toMatchObject({ hostname: '127.0.0.1', port: `${port}` });
    expect(new URL(url)).toMatchObject({ username: 'cardctl', pathname: '/card_game' });
    expect(
      await ask(
        url,
        `SELECT unnest(ARRAY[
                  current_database()::text, current_user::text, pg_encoding_to_char(encoding)::text,
                  datcollate, current_setting('fsync'), current_setting('data_checksums'),
                  current_setting('wal_level'), current_setting('shared_buffers'),
                  current_setting('max_wal_size'), current_setting('checkpoint_timeout'),
                  current_setting('data_directory')])
           FROM pg_database WHERE datname = current_database()`,
      ),
    ).toEqual(
      ['card_game', 'cardctl', 'UTF8', 'C', 'on', 'on', 'replica', '256MB', '4GB', '15min'].concat(
        dataDir,
      ),
    );
  });

  it('listens on the loopback address alone, and asks everybody for the password', async () => {
    const { url, port } = await startEmbedded(await workDirectory());
    expect(
      await ask(
        url,
        `SELECT unnest(ARRAY[
                  current_setting('listen_addresses'), current_setting('unix_socket_directories'),
                  (SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules)])`,
      ),
    ).toEqual(['127.0.0.1', '', 'scram-sha-256']);
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (outside !== undefined) {
      const elsewhere = url.replace('127.0.0.1', outside.address);
      await expect(ask(elsewhere, 'SELECT 1')).rejects.toThrow(/connection refused/);
    }
    const wrong = `postgresql://cardctl:wrong@127.0.0.1:${port}/card_game`;
    await expect(ask(wrong, 'SELECT 1')).rejects.toThrow(/does not accept the password/);
  });

  it('shows the password to nobody, in no process and no readable file', async () => {
    const workDir = await workDirectory();
    const seen: string[] = [];
    let isStarting = true;
    const starting = startEmbedded(workDir).finally(() => {
      isStarting = false;
    });
    const record = join(workDir, 'postgres/server.json');
    while (isStarting) {
      if (existsSync(record)) {
        const { password } = JSON.parse(readFileSync(record, 'utf8')) as { password: string };
        seen.push(...processesWith(password));
      }
      await sleep(10);
    }
    const { password } = new URL((await starting).url);
    expect(password.length).toBeGreaterThanOrEqual(24);
    expect([...seen, ...processesWith(password)]).toEqual([]);
    expect(statSync(record).mode & 0o777).toBe(0o600);
    expect(await readdir(join(workDir, 'postgres'))).toEqual(
      expect.arrayContaining(['data', 'lock', 'postgres.log', 'server.json']),
    );
  });

  it('removes what a killed initdb has left, and begins again', async () => {
    const workDir = await workDirectory();
    const desk = join(workDir, 'postgres');
    const child = startElsewhere(workDir);
    await vi.waitUntil(() => halfMade(desk), { timeout: 30_000, interval: 2 });
    await child.kill('SIGKILL');
    expect(existsSync(join(desk, 'data'))).toBe(false);

    const { url, started } = await startEmbedded(workDir);

    expect(started).toBe(true);
    expect(await ask(url, 'SELECT current_database()')).toEqual(['card_game']);
    await stopEmbedded(workDir);
    await startEmbedded(workDir);
    expect((await readdir(desk)).filter((name) => name.startsWith('new-'))).toEqual([]);
  });

  it('stopped by its signal, leaves no process and nothing that a later start trips over', async () => {
    for (const afterMs of [5, 150, 400, 700]) {
      const workDir = await workDirectory();
      const signal = AbortSignal.timeout(afterMs);
      const outcome = await startEmbedded(workDir, { signal }).catch((error: unknown) => error);
      if (!(outcome instanceof Error)) continue;
      expect(outcome).toMatchObject({ code: 'interrupted' });
      await vi.waitUntil(() => !hasServer(workDir), { timeout: 10_000 });
      expect(await startEmbedded(workDir)).toMatchObject({ started: true });
    }
  });
});

describe('a later start', () => {
  it('finds the running server and changes nothing', async () => {
    const workDir = await workDirectory();
    const first = await startEmbedded(workDir);
    const pid = serverPid(first.dataDir);
    expect(await startEmbedded(workDir)).toEqual({ ...first, started: false });
    expect(serverPid(first.dataDir)).toBe(pid);
  });

  it('finds the server that a process left running when it ended', async () => {
    const workDir = await workDirectory();
    const { stdout } = await startElsewhere(workDir).finished;
    const { started, ...rest } = JSON.parse(stdout) as { started: boolean };
    expect(started).toBe(true);
    expect(await startEmbedded(workDir)).toEqual({ ...rest, started: false });
  });

  it('gets the same port, or another one when that is taken', async () => {
    const workDir = await workDirectory();
    const first = await startEmbedded(workDir);
    await stopEmbedded(workDir);
    expect((await startEmbedded(workDir)).url).toBe(first.url);
    await stopEmbedded(workDir);
    const squatter = createServer().listen(first.port, '127.0.0.1');
    atEnd(() => void squatter.close());
    await once(squatter, 'listening');
    const third = await startEmbedded(workDir);
    expect(third.port).not.toBe(first.port);
    expect(await ask(third.url, 'SELECT 1')).toEqual(['1']);
  });

  it('recovers a server that was killed, with all that was committed', async () => {
    const workDir = await workDirectory();
    const { url, dataDir } = await startEmbedded(workDir);
    await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pid = serverPid(dataDir);
    process.kill(pid, 'SIGKILL');
    expect(await startEmbedded(workDir)).toMatchObject({ url, started: true });
    expect(serverPid(dataDir)).not.toBe(pid);
    expect(await ask(url, 'TABLE kept')).toEqual(['42']);
  });

  it('is not misled by another process that has got the dead server’s pid', async () => {
    const workDir = await workDirectory();
    const { url, dataDir } = await startEmbedded(workDir);
    const { uid, gid } = statSync(dataDir);
    process.kill(serverPid(dataDir), 'SIGKILL');
    const stranger = spawn('sleep', ['60'], { cwd: '/', uid, gid, stdio: 'ignore' });
    atEnd(() => void stranger.kill());
    const lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
    const reused = [`${stranger.pid}`, ...lines.slice(1)].join('\n');
    await writeFile(join(dataDir, 'postmaster.pid'), reused);

    expect(await embeddedStatus(workDir)).toEqual({ state: 'stopped', dataDir });
    expect(await stopEmbedded(workDir)).toBe(false);
    expect(await startEmbedded(workDir)).toMatchObject({ url, started: true });
    expect(stranger.exitCode).toBeNull();
  });

  it('makes the database when the first start was killed just before it', async () => {
    const workDir = await workDirectory();
    const { url } = await startEmbedded(workDir);
    await ask(url.replace('/card_game', '/postgres'), 'DROP DATABASE card_game WITH (FORCE)');
    expect(await startEmbedded(workDir)).toMatchObject({ url, started: false });
    expect(await ask(url, 'SELECT current_database()')).toEqual(['card_game']);
  });

  it('says why, in the server’s own words, when the server does not start', async () => {
    const workDir = await workDirectory();
    const { dataDir } = await startEmbedded(workDir);
    await stopEmbedded(workDir);
    await appendFile(join(dataDir, 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(startEmbedded(workDir)).rejects.toMatchObject({
      code: 'target',
      message: expect.stringMatching(/did not start:\n[\s\S]*no_such_setting/),
      hint: expect.stringContaining('postgres.log'),
    });
  });

  it('refuses to replace lost data by an empty database, and data of another version', async () => {
    const workDir = await workDirectory();
    const { dataDir, url } = await startEmbedded(workDir);
    await stopEmbedded(workDir);
    await rename(dataDir, `${dataDir}.away`);
    await expect(startEmbedded(workDir)).rejects.toMatchObject({
      code: 'target',
      message: expect.stringContaining('is gone'),
      hint: expect.stringContaining('rm -r '),
    });
    await rename(`${dataDir}.away`, dataDir);
    await writeFile(join(dataDir, 'PG_VERSION'), '9\n');
    await expect(startEmbedded(workDir)).rejects.toThrow(/made by Postgres 9, .* is Postgres \d\d/);
    await writeFile(join(dataDir, 'PG_VERSION'), '18\n');
    expect(await startEmbedded(workDir)).toMatchObject({ url });
  });

  it('refuses data whose password is lost', async () => {
    const workDir = await workDirectory();
    await startEmbedded(workDir);
    await stopEmbedded(workDir);
    const record = join(workDir, 'postgres/server.json');
    await rename(record, `${record}.away`);
    await expect(startEmbedded(workDir)).rejects.toThrow(/password .* is lost/);
    await rename(`${record}.away`, record);
  });
});

describe('several starts at once', () => {
  it('in one process get one server', async () => {
    const workDir = await workDirectory();
    const all = await Promise.all([1, 2, 3, 4].map(() => startEmbedded(workDir)));
    expect(all.filter(({ started }) => started)).toHaveLength(1);
    expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  });

  it('in several processes get one server', async () => {
    const workDir = await workDirectory();
    const children = [1, 2, 3].map(() => startElsewhere(workDir));
    const all = await Promise.all(
      children.map(async ({ finished }) => {
        return JSON.parse((await finished).stdout) as { url: string; started: boolean };
      }),
    );
    expect(all.filter(({ started }) => started)).toHaveLength(1);
    expect(new Set(all.map(({ url }) => url)).size).toBe(1);
  });

  it('in two work directories get two servers', async () => {
    const [one, two] = [await workDirectory(), await workDirectory()];
    const [first, second] = await Promise.all([startEmbedded(one), startEmbedded(two)]);
    expect(first.port).not.toBe(second.port);
    expect(first.dataDir).not.toBe(second.dataDir);
  });
});

describe('stopping', () => {
  it('ends the server, and a second time does nothing', async () => {
    const workDir = await workDirectory();
    const { url, dataDir } = await startEmbedded(workDir);
    const pid = serverPid(dataDir);
    expect(await embeddedStatus(workDir)).toMatchObject({ state: 'running', pid, url });
    expect(await stopEmbedded(workDir)).toBe(true);
    await vi.waitUntil(() => !existsSync(`/proc/${pid}/cwd`), { timeout: 5_000 });
    expect(await embeddedStatus(workDir)).toEqual({ state: 'stopped', dataDir });
    expect(await stopEmbedded(workDir)).toBe(false);
    await expect(ask(url, 'SELECT 1')).rejects.toThrow(/connection refused/);
  });

  it('without a server says so and makes nothing', async () => {
    const workDir = await tempDir();
    expect(await stopEmbedded(workDir)).toBe(false);
    expect(await embeddedStatus(workDir)).toEqual({ state: 'absent' });
    expect(await removeEmbedded(workDir)).toBe(false);
    expect(await readdir(workDir)).toEqual([]);
  });

  it('by removing leaves no data, and a new start begins anew', async () => {
    const workDir = await workDirectory();
    const { url, dataDir } = await startEmbedded(workDir);
    await ask(url, 'CREATE TABLE lost ()');
    expect(await removeEmbedded(workDir)).toBe(true);
    expect(existsSync(dataDir)).toBe(false);
    expect(await embeddedStatus(workDir)).toEqual({ state: 'absent' });
    const again = await startEmbedded(workDir);
    expect(again.url).not.toBe(url);
    expect(await ask(again.url, `SELECT to_regclass('lost')`)).toEqual([null]);
  });
});

it('a work directory that cannot be made is a failure of the target with a next step', async () => {
  const directory = await tempDir();
  await writeFile(join(directory, 'file'), '');
  await expect(startEmbedded(join(directory, 'file'))).rejects.toMatchObject({
    code: 'target',
    message: expect.stringMatching(/could not be started: .*ENOTDIR/),
    hint: expect.stringContaining('--target'),
  });
});

function hasServer(workDir: string): boolean {
  const desk = join(workDir, 'postgres');
  return halfMade(desk) || processesWith(`${desk}/data\0`).length > 0;
}

function halfMade(desk: string): boolean {
  return processesWith(`${desk}/new-`).length > 0;
}
