import { once } from 'node:events';
import { open, realpath, stat } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CardctlError, codeOf } from '../lib/errors.js';
import type { Binaries } from './embedded-binaries.js';
import { EMBEDDED } from './embedded-cluster.js';
import { type Home, rememberPort } from './embedded-home.js';
import { runAs, throwIfAborted } from './embedded-os-user.js';
import { disownPidFile, findProcess, hasPidFile, type ServerProcess } from './embedded-process.js';
import { openTarget, SQLSTATE } from './postgres.js';

/** A recovery replays at most `max_wal_size`; a loaded disk takes its time for that. */
const READY_TIMEOUT_MS = 600_000;
const STOP_TIMEOUT_MS = 120_000;
const PAUSE_MS = 50;
const START_ATTEMPTS = 10;
const LOG_TAIL_BYTES = 4_096;
const LOG_TAIL_LINES = 12;

export interface Running {
  pid: number;
  port: number;
  url: string;
}

/**
 * The server that runs on this home's data, once it answers to the home's password; undefined when
 * there is none. Waits for one that is starting, recovering or shutting down.
 */
export async function findRunning(home: Home, signal?: AbortSignal): Promise<Running | undefined> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    throwIfAborted(signal);
    const found = await findProcess(home.data);
    if (found === undefined) return undefined;
    const answer = await ask(home, found);
    if (answer === 'other') return undefined;
    if (answer !== 'wait') return answer;
    if (performance.now() > deadline) throw await failed(home, 'does not become ready');
    await sleep(PAUSE_MS);
  }
}

/** Starts the server with pg_ctl, which leaves it running when cardctl ends. */
export async function launch(
  home: Home,
  binaries: Binaries,
  signal: AbortSignal | undefined,
): Promise<Running> {
  const logFrom = await prepareLog(home);
  for (let attempt = 1; attempt <= START_ATTEMPTS; attempt += 1) {
    const port = await choosePort(home.record.port);
    const isRecovery = await hasPidFile(home.data);
    await disownPidFile(home.data);
    const running = await pgCtlStart(home, binaries, port, signal);
    if (running !== undefined) {
      await rememberPort(home, running.port);
      return running;
    }
    // Somebody took the port first, or a killed server's backends are not quite gone.
    if (!isRecovery && (await isFree(port))) break;
    await sleep(500);
  }
  throw await failed(home, 'did not start', logFrom);
}

/** A fast shutdown: open transactions are rolled back. */
export async function shutDown(home: Home, { pid }: ServerProcess): Promise<void> {
  process.kill(pid, 'SIGINT');
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while ((await findProcess(home.data)) !== undefined) {
    if (performance.now() > deadline) throw await failed(home, `(pid ${pid}) does not stop`);
    await sleep(PAUSE_MS);
  }
}

export function urlOfEmbedded({ record: { password } }: Home, port: number): string {
  return `postgresql://${EMBEDDED.user}:${password}@127.0.0.1:${port}/${EMBEDDED.database}`;
}

/** Whether a server is there, is this one, and has its database, which is made if need be. */
async function ask(home: Home, { pid, port }: ServerProcess): Promise<Running | 'wait' | 'other'> {
  if (port === undefined) return 'wait';
  const url = urlOfEmbedded(home, port);
  const target = openTarget(url);
  try {
    const { rows } = await target.query(`SELECT current_setting('data_directory') AS data`);
    const data = await realpath(rows[0]?.data ?? '').catch(() => '');
    return data === (await realpath(home.data)) ? { pid, port, url } : 'other';
  } catch (error) {
    const code = codeOf(error instanceof Error ? error.cause : undefined) ?? '';
    if (code === SQLSTATE.invalidCatalogName) {
      await createDatabase(home, port);
      return 'wait';
    }
    if (NOT_YET.has(code)) return 'wait';
    throw error;
  } finally {
    await target.close();
  }
}

const NOT_YET: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  SQLSTATE.cannotConnectNow,
  SQLSTATE.adminShutdown,
  SQLSTATE.crashShutdown,
]);

async function createDatabase(home: Home, port: number): Promise<void> {
  const url = new URL(urlOfEmbedded(home, port));
  url.pathname = '/postgres';
  const target = openTarget(url.href);
  try {
    await target.query(`CREATE DATABASE ${EMBEDDED.database}`);
  } finally {
    await target.close();
  }
}

/** Makes the log, which the server's user must be able to write, and says where it ends. */
async function prepareLog({ log, user }: Home): Promise<number> {
  const file = await open(log, 'a', 0o600);
  try {
    if (user !== undefined) await file.chown(user.uid, user.gid);
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function pgCtlStart(
  home: Home,
  { pgCtl }: Binaries,
  port: number,
  signal: AbortSignal | undefined,
): Promise<Running | undefined> {
  const args = ['start', '--pgdata', home.data, '--log', home.log, '--silent', '--wait'];
  args.push('--timeout', '30', '--options', `-p ${port}`);
  try {
    // Its exit code says nothing that the server itself does not say better. It is not stopped
    // half-way: a server that it has just forked would come up later, with nobody to know of it.
    await runAs(home.user, pgCtl, args, { cwd: home.directory, signal: undefined });
    throwIfAborted(signal);
    return await findRunning(home, signal);
  } catch (error) {
    const orphan = await findProcess(home.data);
    if (orphan !== undefined) await shutDown(home, orphan);
    throw error;
  }
}

async function choosePort(remembered: number | undefined): Promise<number> {
  if (remembered !== undefined && (await isFree(remembered))) return remembered;
  return (await listenOn(0)) ?? 0;
}

async function isFree(port: number): Promise<boolean> {
  return (await listenOn(port)) !== undefined;
}

/** Listens for a moment. The port that it got, or undefined when it was taken. */
async function listenOn(port: number): Promise<number | undefined> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } catch (error) {
    if (codeOf(error) === 'EADDRINUSE' || codeOf(error) === 'EACCES') return undefined;
    throw error;
  } finally {
    server.close();
  }
}

/** With the end of the server's log, but nothing older than `logFrom`. */
async function failed(home: Home, what: string, logFrom = 0): Promise<CardctlError> {
  const tail = await logTail(home.log, logFrom);
  return new CardctlError('target', `the embedded Postgres ${what}:\n${tail}`, {
    hint: `The whole log is in ${home.log}.`,
    details: { dataDir: home.data, log: home.log },
  });
}

async function logTail(log: string, from: number): Promise<string> {
  try {
    const { size } = await stat(log);
    const start = Math.max(from, size - LOG_TAIL_BYTES);
    const file = await open(log);
    try {
      const { buffer, bytesRead } = await file.read({ position: start, length: LOG_TAIL_BYTES });
      const lines = buffer.toString('utf8', 0, bytesRead).trim().split('\n');
      return lines.slice(-LOG_TAIL_LINES).join('\n');
    } finally {
      await file.close();
    }
  } catch {
    return '(it has written no log)';
  }
}
