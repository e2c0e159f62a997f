import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { runCardctl } from '../../test/support/cardctl.js';
import { startPostgres, startReplica } from '../../test/support/postgres-server.js';
import { startRedis } from '../../test/support/redis.js';
import type { Stage, StageBot } from '../../test/support/stage.js';
import { makeStageBehindNginx } from '../../test/support/stage-nginx.js';
import { tempDir } from '../../test/support/temp-dir.js';
import { readProc } from '../lib/process-tree.js';
import { type Load, openLoad } from './load.js';

/** Everything that serves players, on this machine: moved to Postgres, and no bot started yet. */
export interface World {
  stage: Stage;
  load: Load;
  /** Where Telegram posts: Nginx. */
  url: string;
  postgres: { url: string; version: string };
  redisUrl: string;
  /** The roots of the process trees to be told apart. */
  servers: { nginx: number; primary: number; replica: number; redis: number };
  /** An empty database of the same server, gone afterwards. */
  withDatabase<T>(use: (url: string) => Promise<T>): Promise<T>;
}

/** The server's own defaults, but for what three bots and a replica need. */
const POSTGRES = { max_connections: '300', wal_level: 'replica' };

/** So many that only the limits of chats and groups hold a bot up. */
const MESSAGES_PER_SECOND = 10_000;

/** Nobody fetches them: what is sent is their address. */
export const CDN = 'https://cdn.invalid/cards/';

export async function withWorld<T>(source: string, use: (world: World) => Promise<T>): Promise<T> {
  const primary = await startPostgres({ settings: POSTGRES });
  try {
    const replica = await startReplica(primary, { settings: POSTGRES });
    try {
      return await buildAround(source, primary.adminUrl, replica.adminUrl, use);
    } finally {
      await replica.stop();
    }
  } finally {
    await primary.stop();
  }
}

async function buildAround<T>(
  source: string,
  primaryUrl: string,
  replicaUrl: string,
  use: (world: World) => Promise<T>,
): Promise<T> {
  const redis = await startRedis();
  const directory = await tempDir();
  const own = join(directory, 'game_bot.db');
  await copyFile(source, own);
  await mkdir(join(directory, 'work'), { recursive: true, mode: 0o700 });
  const behind = await makeStageBehindNginx({
    directory,
    source: own,
    targetUrl: primaryUrl,
    replicaUrl,
    redisUrl: redis.url,
    messagesPerSecond: MESSAGES_PER_SECOND,
    cdn: CDN,
  });
  const { stage } = behind;
  await cardctl(['migrate', '--no-verify', '--yes', '--config', stage.configPath]);
  await cardctl(['authority', '--to', 'postgres', '--yes', '--config', stage.configPath]);
  const load = openLoad(stage.configPath, behind.certificate);
  try {
    return await use({
      stage,
      load,
      url: behind.url,
      postgres: { url: primaryUrl, version: await ask(primaryUrl, 'SHOW server_version') },
      redisUrl: redis.url,
      servers: {
        nginx: behind.nginx.masterPid,
        primary: await postmasterOf(primaryUrl),
        replica: await postmasterOf(replicaUrl),
        redis: redis.pid(),
      },
      withDatabase: (useIt) => withDatabase(primaryUrl, useIt),
    });
  } finally {
    await load.close();
    await Promise.all(stage.bots.map(stopBot));
  }
}

/** @throws Error with what it said */
export async function cardctl(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCardctl(args, { timeoutMs: 600_000 });
  if (exitCode !== 0) throw new Error(`cardctl ${args[0]} failed:\n${stderr}`);
  return stdout;
}

export async function stopBot(bot: StageBot): Promise<void> {
  await bot.process?.kill('SIGTERM');
  bot.process = null;
}

async function postmasterOf(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    const [, parent] = /^.*\) \S (\d+) /s.exec(readProc(`${rows[0].pid}/stat`)) ?? [];
    return Number(parent);
  } finally {
    await client.end();
  }
}

async function ask(url: string, sql: string): Promise<string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, string>>(sql);
    return Object.values(rows[0] ?? {})[0] ?? '';
  } finally {
    await client.end();
  }
}

async function withDatabase<T>(url: string, use: (url: string) => Promise<T>): Promise<T> {
  const name = 'bench_warm';
  const own = new URL(url);
  own.pathname = `/${name}`;
  await ask(url, `CREATE DATABASE ${name} TEMPLATE template0`);
  try {
    return await use(own.href);
  } finally {
    await ask(url, `DROP DATABASE ${name} WITH (FORCE)`);
  }
}
