import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { findServer } from '../../scripts/servers/find.js';
import { atEnd } from './cleanup.js';
import { freePort } from './free-port.js';
import { guardServer } from './guard.js';
import { serverUser } from './os-user.js';

export interface PgBouncer {
  /** The same database, reached through it. */
  url: string;
}

/** Connections to the server: fewer than clients have, so that transactions do change places. */
const SERVER_CONNECTIONS = 4;

/**
 * Starts a PgBouncer in transaction mode in front of a database; it is stopped when the test (or,
 * outside one, its file) ends, and ends with this process even when that is killed.
 */
export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer> {
  const found = findServer('pgbouncer');
  if (found === undefined) throw new Error('no PgBouncer here; run: npm test');
  const home = await mkdtemp(join(tmpdir(), 'cardctl-pgbouncer-'));
  const user = serverUser();
  if (user !== undefined) await chown(home, user.uid, user.gid);
  const guard = guardServer({ pidFile: join(home, 'pid'), directory: home });
  let server: ChildProcess | undefined;
  atEnd(async () => {
    if (server !== undefined) await end(server);
    guard.dismiss();
    await rm(home, { recursive: true, force: true });
  });
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const port = await freePort();
    const configFile = join(home, 'pgbouncer.ini');
    await writeFile(configFile, configOf(home, databaseUrl, port));
    const log = await open(join(home, 'log'), 'a');
    server = spawn(found.path, [configFile], {
      cwd: home,
      // Out of the terminal's process group: Ctrl-C is the guard's business.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...user,
    });
    await once(server, 'spawn');
    server.unref();
    await log.close();
    const url = new URL(databaseUrl);
    url.port = String(port);
    if (await answers(server, url.href)) return { url: url.href };
  }
  throw new Error(`PgBouncer did not start:\n${await readFile(join(home, 'log'), 'utf8')}`);
}

function configOf(home: string, databaseUrl: string, port: number): string {
  const { hostname, port: serverPort, username, password, pathname } = new URL(databaseUrl);
  const server = `host=${hostname} port=${serverPort} user=${username} password=${password}`;
  return `
[databases]
${pathname.slice(1)} = ${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
pidfile = ${join(home, 'pid')}
auth_type = any
pool_mode = transaction
default_pool_size = ${SERVER_CONNECTIONS}
max_client_conn = 500
`;
}

/** False when it ended first: the port was taken, most likely. */
async function answers(server: ChildProcess, url: string): Promise<boolean> {
  const deadline = performance.now() + 20_000;
  while (!hasEnded(server)) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(20);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return false;
}

async function end(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  server.ref();
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
}

function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}
