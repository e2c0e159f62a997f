import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, open, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { findServer } from '../../scripts/servers/find.js';
import { childrenOf } from './children.js';
import { freePort } from './free-port.js';
import { guardServer } from './guard.js';
import { type OsUser, serverUser } from './os-user.js';

/** A running PostgreSQL server of the tests' own, on a loopback port. */
export interface PostgresServer {
  port: number;
  /** The superuser's URL, of the `postgres` database. */
  adminUrl: string;
  /** Kills every process of the server at once, as a power cut would. */
  crash(): Promise<void>;
  /** Starts the server again after a crash: the same data, the same port. */
  startAgain(): Promise<void>;
  /** Stops the server and removes its directory. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Instead of the tests' own, which trade durability for speed. */
  settings?: Readonly<Record<string, string>>;
  auth?: 'scram-sha-256' | 'trust';
}

/**
 * Starts a private PostgreSQL server on loopback: locale C, UTF8, and unless told otherwise password
 * logins only and no fsync. It ends with this process even when that is killed.
 */
export async function startPostgres({
  settings = FAST_AND_UNSAFE,
  auth = 'scram-sha-256',
}: PostgresOptions = {}): Promise<PostgresServer> {
  return serve(settings, (home) => initialize(home, auth));
}

/** Starts a streaming replica of a server, as of now. Its replay can be paused by SQL. */
export async function startReplica(
  primary: PostgresServer,
  { settings = FAST_AND_UNSAFE }: Pick<PostgresOptions, 'settings'> = {},
): Promise<PostgresServer> {
  return serve({ ...settings, hot_standby: 'on' }, async (home) => {
    home.password = new URL(primary.adminUrl).password;
    const from = ['--dbname', primary.adminUrl, '--checkpoint', 'fast', '--no-sync'];
    const args = [
      '--pgdata',
      home.data,
      '--write-recovery-conf',
      '--wal-method',
      'stream',
      ...from,
    ];
    // Where `postgres` is but a link, the programs that no test server needs may have none.
    const programs = dirname(await realpath(join(home.programs, 'postgres')));
    await promisify(execFile)(join(programs, 'pg_basebackup'), args, {
      cwd: home.directory,
      ...home.user,
    });
  });
}

/** Starts a server on the data directory that `fill` makes. */
async function serve(
  settings: Settings,
  fill: (home: Home) => Promise<void>,
): Promise<PostgresServer> {
  const found = findServer('postgres');
  if (found === undefined) throw new Error('no PostgreSQL server here; run: npm test');
  const home = await makeHome(dirname(found.path));
  const guard = guardServer({
    pidFile: join(home.data, 'postmaster.pid'),
    directory: home.directory,
  });
  const remove = async () => {
    guard.dismiss();
    await rm(home.directory, { recursive: true, force: true });
  };
  try {
    await fill(home);
    const { server: first, port, adminUrl } = await startOnFreePort(home, settings);
    let server = first;
    const crash = () => killAll(server);
    const startAgain = async () => {
      server = await startAfterCrash(home, settings, port);
    };
    const stop = async () => {
      await end(server);
      await remove();
    };
    return { port, adminUrl, crash, startAgain, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Home {
  programs: string;
  directory: string;
  data: string;
  log: string;
  user: OsUser | undefined;
  password: string;
}

async function makeHome(programs: string): Promise<Home> {
  const directory = await mkdtemp(join(tmpdir(), 'cardctl-postgres-'));
  const user = serverUser();
  if (user !== undefined) await chown(directory, user.uid, user.gid);
  return {
    programs,
    directory,
    data: join(directory, 'data'),
    log: join(directory, 'postgres.log'),
    user,
    password: randomBytes(18).toString('base64url'),
  };
}

async function initialize(home: Home, auth: string): Promise<void> {
  const passwordFile = join(home.directory, 'password');
  await writeFile(passwordFile, `${home.password}\n`, { mode: 0o600 });
  if (home.user !== undefined) await chown(passwordFile, home.user.uid, home.user.gid);
  const args = ['--pgdata', home.data, '--username', 'postgres', '--pwfile', passwordFile];
  args.push('--auth', auth, '--encoding', 'UTF8', '--locale', 'C', '--no-sync');
  await promisify(execFile)(join(home.programs, 'initdb'), args, {
    cwd: home.directory,
    ...home.user,
  });
  await rm(passwordFile);
}

interface Started {
  server: ChildProcess;
  port: number;
  adminUrl: string;
}

async function startOnFreePort(home: Home, settings: Settings): Promise<Started> {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const started = await start(home, settings);
    if (started !== undefined) return started;
  }
  throw new Error(`PostgreSQL did not start:\n${await logOf(home)}`);
}

/** A ready server, or undefined when it ended first: the port was taken, most likely. */
async function start(
  home: Home,
  settings: Settings,
  wantedPort?: number,
): Promise<Started | undefined> {
  const port = wantedPort ?? (await freePort());
  const server = await spawnServer(home, { ...settings, ...ALWAYS, port: `${port}` });
  const adminUrl = `postgresql://postgres:${home.password}@127.0.0.1:${port}/postgres`;
  const deadline = performance.now() + 60_000;
  while (!(await answers(adminUrl))) {
    if (hasEnded(server)) return undefined;
    if (performance.now() > deadline) {
      await end(server);
      throw new Error(`PostgreSQL did not answer within 60 s:\n${await logOf(home)}`);
    }
    await sleep(50);
  }
  return { server, port, adminUrl };
}

/** What is left of the old server's processes keeps the new one from starting, for a moment. */
async function startAfterCrash(
  home: Home,
  settings: Settings,
  port: number,
): Promise<ChildProcess> {
  for (let attempt = 1; attempt <= 50; attempt += 1) {
    const started = await start(home, settings, port);
    if (started !== undefined) return started.server;
    await sleep(100);
  }
  throw new Error(`PostgreSQL did not start again:\n${await logOf(home)}`);
}

async function killAll(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  server.ref();
  const ended = once(server, 'exit');
  const children = childrenOf(server.pid ?? 0);
  server.kill('SIGKILL');
  for (const pid of children) process.kill(pid, 'SIGKILL');
  await ended;
}

type Settings = Readonly<Record<string, string>>;

const ALWAYS: Settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** The server's own defaults: what it has said is committed outlives a crash. */
export const DURABLE: Settings = { max_connections: '100' };

const FAST_AND_UNSAFE: Settings = {
  // Three bots with the guide's pools may take 180.
  max_connections: '300',
  shared_buffers: '64MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'on',
};

async function spawnServer(home: Home, settings: Settings): Promise<ChildProcess> {
  const args = [
    '-D',
    home.data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const log = await open(home.log, 'a');
  const server = spawn(join(home.programs, 'postgres'), args, {
    cwd: home.directory,
    // Out of the terminal's process group: Ctrl-C is the guard's business.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    ...home.user,
  });
  await once(server, 'spawn');
  server.unref();
  await log.close();
  return server;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A fast shutdown; after ten seconds, an immediate one. */
async function end(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  server.ref();
  const ended = once(server, 'exit');
  server.kill('SIGINT');
  const impatience = setTimeout(() => server.kill('SIGQUIT'), 10_000);
  await ended;
  clearTimeout(impatience);
}

function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}

async function logOf(home: Home): Promise<string> {
  return readFile(home.log, 'utf8').catch(() => '(no log)');
}
