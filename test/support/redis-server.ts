import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findServer } from '../../scripts/servers/find.js';
import { freePort } from './free-port.js';
import { guardServer } from './guard.js';

/** A Redis on a loopback port that keeps nothing on disk. */
export interface GuardedRedis {
  port: number;
  pidFile: string;
  pid(): number;
  /** Kills it, with all it holds. */
  crash(): Promise<void>;
  /** Starts it again after a crash: empty, on the same port. */
  startAgain(): Promise<void>;
  /** Stops it and removes its directory. */
  stop(): Promise<void>;
}

/** Directives, e.g. `{ maxmemory: '4mb' }`. */
export type RedisSettings = Readonly<Record<string, string>>;

/** Starts a Redis, which ends with this process even when that is killed. */
export async function startGuardedRedis(settings: RedisSettings): Promise<GuardedRedis> {
  const found = findServer('redis-server');
  if (found === undefined) throw new Error('no Redis here; run: npm test');
  const home = await mkdtemp(join(tmpdir(), 'cardctl-redis-'));
  const pidFile = join(home, 'redis.pid');
  const guard = guardServer({ pidFile, directory: home });
  const start = (port: number) => spawnRedis(found.path, home, { ...settings, port: `${port}` });
  const started = await startOnFreePort(start);
  const { port } = started;
  let { server } = started;
  return {
    port,
    pidFile,
    pid: () => server.pid ?? 0,
    crash: () => end(server),
    startAgain: async () => {
      const again = await start(port);
      if (again === undefined) throw new Error('Redis did not start again');
      server = again;
    },
    stop: async () => {
      await end(server);
      guard.dismiss();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface Started {
  server: ChildProcess;
  port: number;
}

async function startOnFreePort(
  start: (port: number) => Promise<ChildProcess | undefined>,
): Promise<Started> {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const port = await freePort();
    // A node of a cluster also binds this much higher.
    if (port > 55_000) continue;
    const server = await start(port);
    if (server !== undefined) return { server, port };
  }
  throw new Error('Redis did not start');
}

/** A ready server, or undefined when it ended first: the port was taken, most likely. */
async function spawnRedis(
  program: string,
  home: string,
  settings: RedisSettings,
): Promise<ChildProcess | undefined> {
  const directives = {
    bind: '127.0.0.1',
    dir: home,
    pidfile: join(home, 'redis.pid'),
    save: '',
    appendonly: 'no',
    ...settings,
  };
  const args = Object.entries(directives).flatMap(([name, value]) => [`--${name}`, value]);
  const log = await open(join(home, 'redis.log'), 'a');
  const server = spawn(program, args, {
    cwd: home,
    // Out of the terminal's process group: Ctrl-C is the guard's business.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(server, 'spawn');
  server.unref();
  await log.close();
  const deadline = performance.now() + 20_000;
  while (!(await answers(Number(settings.port), settings.requirepass))) {
    if (hasEnded(server)) return undefined;
    if (performance.now() > deadline) {
      await end(server);
      throw new Error(`Redis did not answer:\n${await readFile(join(home, 'redis.log'), 'utf8')}`);
    }
    await sleep(20);
  }
  return hasEnded(server) ? undefined : server;
}

async function answers(port: number, password = ''): Promise<boolean> {
  const options = { lazyConnect: true, retryStrategy: null };
  const client = new Redis({ host: '127.0.0.1', port, password, ...options });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
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
