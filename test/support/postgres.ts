import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';
import { atEnd } from './cleanup.js';

/** A fresh, empty database with an owner of its own. */
export interface TestDatabase {
  name: string;
  /** The owner's URL: an ordinary role, as on a managed server, with a password. */
  url: string;
  /** The password in `url`, for tests that no secret leaks. */
  password: string;
  /** The superuser's URL of the same database, for what a test must break or observe. */
  adminUrl: string;
  /** Drops the database; fails when somebody still holds a connection to it. Repeatable. */
  drop(): Promise<void>;
}

interface DatabaseOptions {
  /** The name of one that this one is to be a copy of; its owner's rights come with it. */
  template?: string | undefined;
  /** The superuser's URL of a server of the test's own. */
  serverUrl?: string | undefined;
}

/** Creates a database, dropped when the test (or, outside one, its file) ends. */
export async function createDatabase({
  template = 'template0',
  serverUrl = inject('postgresAdminUrl'),
}: DatabaseOptions = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const password = `secret-${randomBytes(12).toString('hex')}`;
  await withAdmin(serverUrl, async (admin) => {
    await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
    await admin.query(`CREATE DATABASE ${name} OWNER ${name} TEMPLATE ${template}`);
    if (template !== 'template0') await admin.query(`GRANT ${template} TO ${name}`);
  });
  const database: TestDatabase = {
    name,
    url: urlOf(serverUrl, { user: name, password, database: name }),
    password,
    adminUrl: urlOf(serverUrl, { database: name }),
    drop: once(() => withAdmin(serverUrl, (admin) => dropDatabase(admin, name))),
  };
  atEnd(() => database.drop());
  return database;
}

async function withAdmin(url: string, work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  const leaked = await waitUntilUnused(admin, name);
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await admin.query(`DROP ROLE ${name}`);
  if (leaked.length > 0) {
    throw new Error(`database ${name} was dropped with connections open:\n${leaked.join('\n')}`);
  }
}

/** A killed process's backends take a moment to notice; a leaked connection never goes. */
async function waitUntilUnused(admin: pg.Client, name: string): Promise<string[]> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const { rows } = await admin.query<{ connection: string }>(
      `SELECT format('%s %s: %s', application_name, state, query) AS connection
         FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'`,
      [name],
    );
    if (rows.length === 0 || performance.now() > deadline) {
      return rows.map(({ connection }) => connection);
    }
    await sleep(25);
  }
}

function urlOf(
  serverUrl: string,
  parts: { user?: string; password?: string; database: string },
): string {
  const url = new URL(serverUrl);
  if (parts.user !== undefined) url.username = parts.user;
  if (parts.password !== undefined) url.password = parts.password;
  url.pathname = `/${parts.database}`;
  return url.href;
}

/** Only the first call works and can fail. */
function once(work: () => Promise<void>): () => Promise<void> {
  let called = false;
  return async () => {
    if (called) return;
    called = true;
    await work();
  };
}
