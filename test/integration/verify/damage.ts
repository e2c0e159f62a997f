import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type pg from 'pg';
import type { VerifyOptions } from '../../../src/cli/engine/verify.js';
import { verify } from '../../../src/cli/engine/verify.js';
import type { VerifyResult } from '../../../src/steps/context.js';
import { surroundings } from '../../support/backup-run.js';
import { migrateInProcess, moveRules } from '../../support/migrate.js';
import { createDatabase } from '../../support/postgres.js';
import { tempDir } from '../../support/temp-dir.js';
import { openPlain } from '../hard-cases/target.js';

/** More than two chunks of verify: 1,000 rows each. */
export const ROWS = 2_500;

/** A source that was moved: both sides hold the same until one of them is damaged. */
export interface Moved {
  sourcePath: string;
  targetUrl: string;
  client: pg.Client;
  workDir: string;
}

/** Writes a source that has every type and every kind of key, and moves it. */
export async function moveDamageable(): Promise<Moved> {
  const sourcePath = join(await tempDir(), 'source.db');
  const db = new Database(sourcePath);
  try {
    fill(db);
  } finally {
    db.close();
  }
  return moved(sourcePath);
}

export async function moved(sourcePath: string): Promise<Moved> {
  const { url: targetUrl } = await createDatabase();
  const workDir = await tempDir();
  await migrateInProcess({ sourcePath, targetUrl, workDir });
  return { sourcePath, targetUrl, workDir, client: await openPlain(targetUrl) };
}

function fill(db: Database.Database): void {
  db.exec(`
    CREATE TABLE facts (
      id INTEGER PRIMARY KEY, t TEXT, b BLOB, n INTEGER, d REAL, f BOOLEAN, at DATETIME, day DATE,
      bare, after TEXT
    );
    WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < ${ROWS})
      INSERT INTO facts SELECT x, 'text ' || x, CAST('bytes ' || x AS BLOB), x * 1000003,
        x + 0.25, x % 2, datetime(1760000000 + x, 'unixepoch'), date(1760000000 + x, 'unixepoch'),
        'bare ' || x, 'after' FROM i;
    CREATE TABLE keyless (a TEXT, b INTEGER, c REAL);
    INSERT INTO keyless SELECT 'a' || (id % 100), id, d FROM facts;
    INSERT INTO keyless SELECT * FROM keyless WHERE b <= 3;
    CREATE TABLE folded (k TEXT COLLATE NOCASE PRIMARY KEY, v TEXT);
    INSERT INTO folded SELECT CASE id % 2 WHEN 0 THEN 'Key' ELSE 'key' END || id, 'v' || id FROM facts;
    CREATE TABLE composed (v TEXT, k TEXT, m INTEGER, PRIMARY KEY (m, k)) WITHOUT ROWID;
    INSERT INTO composed SELECT 'v' || id, 'k' || (id % 7), id / 7 FROM facts;
    -- The last has no certain translation, and is left out.
    CREATE TABLE made (
      id INTEGER PRIMARY KEY, a INTEGER, twice INTEGER AS (a * 2), name TEXT, shown AS (printf('%d', a))
    );
    INSERT INTO made (id, a, name) SELECT id, id, 'n' || id FROM facts WHERE id <= 20;
    CREATE TABLE texts (id INTEGER PRIMARY KEY, v TEXT, w TEXT);
    INSERT INTO texts VALUES (1, 'caf' || char(233), 'x'), (2, '', NULL), (3, '\\N', 'y'),
      (4, 'a' || char(9) || 'b', 'z'), (5, 'NULL', ''), (6, 'two' || char(10) || 'lines', 'end');
    CREATE TABLE sums (id INTEGER PRIMARY KEY, d REAL);
    INSERT INTO sums VALUES (1, 0.1 + 0.2), (2, 0.3), (3, 0.0), (4, 9e999);
  `);
}

/** Compares, with no step in between. */
export async function compare(
  { sourcePath, targetUrl, workDir }: Moved,
  options: Partial<VerifyOptions> = {},
): Promise<VerifyResult> {
  const defaults = { rules: moveRules(), counts: false, tables: [], limit: 20, repair: false };
  const { report, clock } = surroundings();
  const deps = { report, clock, signal: new AbortController().signal };
  return verify({ sourcePath, targetUrl, workDir, ...defaults, ...options }, deps);
}

/** Damages the target, works, and undoes the damage. */
export async function withDamagedTarget<Result>(
  { client }: Moved,
  damage: string,
  undo: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await client.query(damage);
  try {
    return await work();
  } finally {
    await client.query(undo);
  }
}

/** A copy of the source with a damage. */
export async function damagedSource({ sourcePath }: Moved, damage: string): Promise<string> {
  const path = join(await tempDir(), 'damaged.db');
  copyFileSync(sourcePath, path);
  const db = new Database(path);
  try {
    db.exec(damage);
  } finally {
    db.close();
  }
  return path;
}
