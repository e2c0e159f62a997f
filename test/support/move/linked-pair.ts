import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { type OpenedPair, openPair } from '../../../src/cli/engine/pair.js';
import { openTarget } from '../../../src/drivers/postgres.js';
import { openSource } from '../../../src/drivers/sqlite.js';
import { openWritable } from '../../../src/drivers/sqlite-writable.js';
import { systemClock } from '../../../src/lib/clock.js';
import { type FaultPoint, noFaults } from '../../../src/lib/fault.js';
import type { StoreKind } from '../../../src/sync/authority.js';
import { catchUp } from '../../../src/sync/follow.js';
import { tablesToCapture, tablesToFollow } from '../../../src/sync/followed-tables.js';
import { readPair } from '../../../src/sync/pair.js';
import { installFollower } from '../../../src/sync/postgres/install.js';
import { installCapture } from '../../../src/sync/sqlite/install.js';
import { readSnapshotOrigin } from '../../../src/sync/sqlite/snapshot-origin.js';
import { type Switched, type SwitchOptions, switchAuthority } from '../../../src/sync/switch.js';
import { atEnd } from '../cleanup.js';
import { comparePlainly, type TablePair } from '../compare-plainly.js';
import { migrateInProcess, moveRules } from '../migrate.js';
import { createDatabase, type TestDatabase } from '../postgres.js';
import { tempDir } from '../temp-dir.js';

/** A source and its target, loaded and linked, over which everything runs in this process. */
export interface LinkedPair {
  path: string;
  url: string;
  adminUrl: string;
  /** Connections of a bot's. */
  sqlite: Database.Database;
  postgres: pg.Client;
  /** What one more process of cardctl has; closed when the test ends. */
  open(fault?: FaultPoint): Promise<OpenedPair>;
  /** Rows that only one side has, by the plain drivers. */
  differences(): Promise<string[]>;
}

export interface LinkOptions {
  journalMode?: 'wal' | 'delete';
  /** Where the source is; default: a directory of its own. */
  directory?: string;
}

/** A linked pair, of which copies are made: that is much faster than a load. */
export interface LinkTemplate {
  copy(options?: LinkOptions): Promise<LinkedPair>;
}

/**
 * Loads a source and links the two.
 *
 * @param fill makes the source, or is the SQL that does
 */
export async function linkTemplate(fill: string | ((path: string) => void)): Promise<LinkTemplate> {
  const path = join(await tempDir(), 'game.db');
  if (typeof fill === 'function') fill(path);
  else {
    const db = new Database(path);
    db.pragma('foreign_keys = OFF');
    db.exec(fill);
    db.close();
  }
  const { name, url } = await createDatabase();
  await link(path, url);
  return {
    copy: async ({ journalMode = 'delete', directory } = {}) => {
      const copy = join(directory ?? (await tempDir()), 'game.db');
      copyFileSync(path, copy);
      const sqlite = new Database(copy);
      atEnd(() => void sqlite.close());
      sqlite.pragma(`journal_mode = ${journalMode}`);
      sqlite.pragma('foreign_keys = OFF');
      return linkedPair(copy, sqlite, await createDatabase({ template: name }));
    },
  };
}

/** What a test has of a pair that is linked. */
export async function linkedPair(
  path: string,
  sqlite: Database.Database,
  { url, adminUrl }: Pick<TestDatabase, 'url' | 'adminUrl'>,
): Promise<LinkedPair> {
  const workDir = await tempDir();
  const postgres = await textClient(url);
  return {
    path,
    url,
    adminUrl,
    sqlite,
    postgres,
    open: async (fault = noFaults) => {
      const request = { sourcePath: path, targetUrl: url, workDir, rules: moveRules(), fault };
      const opened = await openPair(request, 'if free', new AbortController().signal);
      atEnd(() => opened.close());
      return opened;
    },
    differences: async () => {
      const { differences } = await comparePlainly(path, postgres, await tablePairs(path, url));
      return differences;
    },
  };
}

/** As `migrate --follow` does, of a source that nobody has open. */
export async function link(path: string, url: string): Promise<void> {
  const workDir = await tempDir();
  const file = openWritable(path);
  try {
    await installCapture(file, tablesToCapture(file.reader));
  } finally {
    file.close();
  }
  // The snapshot is there already, as in a run that goes on: to take it would need a process.
  mkdirSync(join(workDir, 'snapshots'));
  copyFileSync(path, join(workDir, 'snapshots', 'test-run.db'));
  await migrateInProcess({
    sourcePath: path,
    targetUrl: url,
    workDir,
    options: { resume: true, jobs: 1 },
  });
  const source = openSource(path);
  const target = openTarget(url);
  try {
    const client = await target.connect();
    const tables = await tablesToFollow(source.db, client, moveRules());
    await installFollower(target, tables, readSnapshotOrigin(source.db));
  } finally {
    source.close();
    await target.close();
  }
}

async function tablePairs(path: string, url: string): Promise<TablePair[]> {
  const source = openSource(path);
  const target = openTarget(url);
  try {
    const tables = await tablesToFollow(source.db, await target.connect(), moveRules());
    return tables.map(({ table, columns }) => ({
      source: table.source.name,
      target: table.targetName,
      columns: columns.map(({ plan }) => ({ source: plan.source.name, target: plan.targetName })),
    }));
  } finally {
    source.close();
    await target.close();
  }
}

/** Values come as the server's text. It ends with the test. */
export async function textClient(url: string): Promise<pg.Client> {
  const types = { getTypeParser: () => (text: string) => text };
  const client = new pg.Client({
    connectionString: url,
    types: types as unknown as pg.CustomTypesConfig,
  });
  client.on('error', () => undefined);
  await client.connect();
  atEnd(() => client.end());
  return client;
}

const PATIENT = { applies: true, drainMsMax: 5_000, catchUpMsMax: 10_000, backlogMax: 1_000 };

/** Moves the authority, as promote and demote do. */
export function switchTo(
  { pair }: Pick<OpenedPair, 'pair'>,
  to: StoreKind,
  options: Partial<SwitchOptions> = {},
  fault: FaultPoint = noFaults,
): Promise<Switched> {
  const { signal } = new AbortController();
  return switchAuthority(
    pair,
    { ...PATIENT, to, ...options },
    { clock: systemClock, signal, onPhase: () => undefined, fault },
  );
}

/** Has the follower catch up with all that was committed by now. */
export async function applyAll({ pair }: Pick<OpenedPair, 'pair'>): Promise<void> {
  const facts = await readPair(pair);
  const { store, epoch } = facts.authority;
  const other = store === 'sqlite' ? 'postgres' : 'sqlite';
  const from = facts[other].applied?.position;
  if (from === undefined) throw new Error('the follower follows nobody');
  await catchUp(pair[store], pair[other], from, epoch, new AbortController().signal);
}
