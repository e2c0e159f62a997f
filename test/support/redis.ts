import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { atEnd } from './cleanup.js';
import { type GuardedRedis, type RedisSettings, startGuardedRedis } from './redis-server.js';

/** A Redis of a test's own. */
export interface RedisServer extends GuardedRedis {
  url: string;
  /** A connection to look and meddle with, closed when the test ends. */
  look(): Redis;
}

export interface RedisServerOptions {
  settings?: RedisSettings;
}

/** Starts a Redis, stopped when the test (or, outside one, its file) ends. */
export async function startRedis({ settings = {} }: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startGuardedRedis(settings);
  const { port } = server;
  atEnd(() => server.stop());
  return {
    ...server,
    url: `redis://127.0.0.1:${port}`,
    look: () => {
      const client = new Redis({ host: '127.0.0.1', port, password: settings.requirepass ?? '' });
      client.on('error', () => undefined);
      atEnd(() => client.disconnect());
      return client;
    },
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
