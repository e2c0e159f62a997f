import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findServer } from '../../scripts/servers/find.js';
import { atEnd } from './cleanup.js';
import { freePort } from './free-port.js';
import { guardServer } from './guard.js';

/** A Redis of a test's own, on a loopback port, that keeps nothing on disk. */
export interface RedisServer {
  port: number;
  url: string;
  pid(): number;
  /** A connection to look and meddle with, closed when the test ends. */
  look(): Redis;
  /** Kills it, with all it holds. */
  crash(): Promise<void>;
  /** Starts it again after a crash: empty, on the same port. */
  startAgain(): Promise<void>;
  /** Stops it and removes its directory. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** Directives, e.g. `{ maxmemory: '4mb' }`. */
  settings?: Readonly<Record<string, string>>;
}

/** Starts a Redis, stopped when the test (or, outside one, its file) ends, or this process does. */
export async function startRedis({ settings = {} }: RedisServerOptions = {}): Promise<RedisServer> {
  const found = findServer('redis-server');
  if (found === undefined) throw new Error('no Redis here; run: npm test');
  const home = await mkdtemp(join(tmpdir(), 'cardctl-redis-'));
  const guard = guardServer({ pidFile: join(home, 'redis.pid'), directory: home });
  const start = (port: number) => spawnRedis(found.path, home, { ...settings, port: `${port}` });
  let { server, port } = await startOnFreePort(start);
  const stop = async () => {
    await end(server);
    guard.dismiss();
    await rm(home, { recursive: true, force: true });
  };
  atEnd(stop);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: () => server.pid ?? 0,
    look: () => {
      const client = new Redis({ host: '127.0.0.1', port, password: settings.requirepass ?? '' });
      client.on('error', () => undefined);
      atEnd(() => client.disconnect());
      return client;
    },
    crash: () => end(server),
    startAgain: async () => {
      const again = await start(port);
      if (again === undefined) throw new Error('Redis did not start again');
      server = again;
    },
    stop,
  };
}

/** Three masters with a third of the slots each, and no replicas. */
export async function startRedisCluster(): Promise<[RedisServer, RedisServer, RedisServer]> {
  const settings = { 'cluster-enabled': 'yes', 'cluster-config-file': 'nodes.conf' };
  const nodes = [
    await startRedis({ settings }),
    await startRedis({ settings }),
    await startRedis({ settings }),
  ];
  const lookers = nodes.map((node) => node.look());
  await Promise.all(
    lookers.map(async (client, i) => {
      const [from, to] = [Math.floor((16_384 * i) / 3), Math.floor((16_384 * (i + 1)) / 3) - 1];
      await client.cluster('ADDSLOTSRANGE', from, to);
      for (const { port } of nodes) await client.cluster('MEET', '127.0.0.1', port);
    }),
  );
  const deadline = performance.now() + 20_000;
  for (const client of lookers) {
    while (!(await client.cluster('INFO')).includes('cluster_state:ok')) {
      if (performance.now() > deadline) throw new Error('no Redis cluster within 20 s');
      await sleep(50);
    }
  }
  return nodes as [RedisServer, RedisServer, RedisServer];
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
  settings: Readonly<Record<string, string>>,
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
