import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import pg from 'pg';
import { findServer } from '../../scripts/servers/find.js';
import { startPostgres } from '../../test/support/postgres-server.js';

/** The one PostgreSQL server that all contenders load into. */
export interface BenchServer {
  /** Where `psql` and `pg_dump` are. */
  programs: string;
  version: string;
  /** As they are in force. */
  settings: Readonly<Record<string, string>>;
  /** Makes an empty database, and drops it when `use` is done with it. */
  withDatabase<T>(use: (url: string) => Promise<T>): Promise<T>;
  /** Writes out what the one before left dirty, so that the next does not pay for it. */
  checkpoint(): Promise<void>;
  stop(): Promise<void>;
}

const SHOWN = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_level',
  'shared_buffers',
  'wal_buffers',
  'max_wal_size',
  'checkpoint_timeout',
  'work_mem',
  'maintenance_work_mem',
  'max_parallel_maintenance_workers',
  'autovacuum',
];

/** Starts the server with its own defaults but for `settings`. No passwords: pgloader 3.6 has no SCRAM. */
export async function startServer(
  settings: Readonly<Record<string, string>>,
): Promise<BenchServer> {
  const found = findServer('postgres');
  if (found === undefined) throw new Error('no PostgreSQL server here; run: npm test');
  const server = await startPostgres({ settings, auth: 'trust' });
  try {
    const root = `postgresql://postgres@127.0.0.1:${server.port}`;
    const admin = <T>(use: (client: pg.Client) => Promise<T>) =>
      withClient(`${root}/postgres`, use);
    return {
      // Through a link: psql need not be linked, too.
      programs: dirname(realpathSync(found.path)),
      version: await admin((client) => show(client, 'server_version')),
      settings: await admin((client) => showAll(client, [...SHOWN, ...Object.keys(settings)])),
      withDatabase: (use) => withDatabase(root, admin, use),
      checkpoint: () => admin(async (client) => void (await client.query('CHECKPOINT'))),
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Opens a connection for as long as `use` takes. */
export async function withClient<T>(
  url: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

let databases = 0;

async function withDatabase<T>(
  root: string,
  admin: (use: (client: pg.Client) => Promise<void>) => Promise<void>,
  use: (url: string) => Promise<T>,
): Promise<T> {
  databases += 1;
  const name = `bench_${databases}`;
  await admin(async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    await client.query('CHECKPOINT');
  });
  try {
    return await use(`${root}/${name}`);
  } finally {
    await admin(async (client) => {
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    });
  }
}

async function showAll(
  client: pg.Client,
  names: readonly string[],
): Promise<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const name of names) shown[name] = await show(client, name);
  return shown;
}

async function show(client: pg.Client, name: string): Promise<string> {
  const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [
    name,
  ]);
  return rows[0]?.value ?? '';
}
