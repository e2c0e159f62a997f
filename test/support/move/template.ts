import { randomBytes } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { tempDir } from '../temp-dir.js';
import { makeAccounts } from './accounts.js';
import { type MoveStage, stageAt } from './stage.js';

/** A move that has been loaded, of which stages are copied: that is much faster than a load. */
export interface MoveTemplate {
  newStage(options: {
    journalMode: 'wal' | 'delete';
    catchUpMsMax: number;
  }): Promise<MoveStage & { adminUrl: string; drop(): Promise<void> }>;
}

/** @param adminUrl a superuser's, of the server on which the targets are to be */
export async function loadTemplate(adminUrl: string, accounts: number): Promise<MoveTemplate> {
  const directory = await tempDir();
  const source = join(directory, 'bank.db');
  makeAccounts(source, { accounts, journalMode: 'delete' });
  const owner = `owner_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const urlOf = (database: string, isAdmin = false) => {
    const url = new URL(adminUrl);
    if (!isAdmin) Object.assign(url, { username: owner, password });
    return Object.assign(url, { pathname: `/${database}` }).href;
  };
  const loaded = `${owner}_loaded`;
  await asAdmin(adminUrl, [
    `CREATE ROLE ${owner} LOGIN PASSWORD '${password}'`,
    `CREATE DATABASE ${loaded} OWNER ${owner} TEMPLATE template0`,
  ]);
  const stage = stageAt({ directory, source, url: urlOf(loaded) });
  const migrating = stage.startCardctl(['migrate', '--follow']);
  await migrating.waitFor(/caught up/);
  await migrating.kill('SIGINT');
  let count = 0;
  return {
    newStage: async ({ journalMode, catchUpMsMax }) => {
      count += 1;
      const name = `${owner}_${count}`;
      await asAdmin(adminUrl, [`CREATE DATABASE ${name} OWNER ${owner} TEMPLATE ${loaded}`]);
      const place = await tempDir();
      const copy = join(place, 'bank.db');
      copyFileSync(source, copy);
      const db = new Database(copy);
      db.pragma(`journal_mode = ${journalMode}`);
      db.close();
      const more = { promote: { catchUpMsMax } };
      return {
        ...stageAt({ directory: place, source: copy, url: urlOf(name), more }),
        adminUrl: urlOf(name, true),
        drop: () => asAdmin(adminUrl, [`DROP DATABASE ${name} WITH (FORCE)`]),
      };
    },
  };
}

async function asAdmin(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}
