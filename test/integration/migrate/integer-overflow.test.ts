import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { migrateInProcess } from '../../support/migrate.js';
import { createDatabase } from '../../support/postgres.js';
import { tempDir } from '../../support/temp-dir.js';
import { openPlain } from '../hard-cases/target.js';

it('rows whose arithmetic leaves the range of bigint move without what reckons so', async () => {
  const sourcePath = join(await tempDir(), 'game_bot.db');
  const db = new Database(sourcePath);
  db.exec(`
    CREATE TABLE t (
      id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, square INTEGER AS (a * a),
      kept INTEGER AS (a * a) STORED, fits INTEGER AS (b * b + 1),
      CONSTRAINT large CHECK (a * a > 0), CONSTRAINT small CHECK (b * b < 100)
    );
    CREATE INDEX by_square ON t (a * a);
    CREATE INDEX some ON t (b) WHERE a + a > 5;
    CREATE INDEX by_fits ON t (b * 2);
    INSERT INTO t (a, b) VALUES (5000000000000000000, 3), (-7000000000000000000, 4), (1, 0);`);
  db.close();
  const { url } = await createDatabase();
  const workDir = await tempDir();
  const { migration } = await migrateInProcess({ sourcePath, targetUrl: url, workDir });
  expect(migration.verified).toMatchObject({ equal: true });
  expect(migration.brokenChecks).toEqual([]);
  expect(migration.plan?.untranslated.map(({ what, name }) => `${what} ${name}`).sort()).toEqual([
    'check large',
    'generated column kept',
    'generated column square',
    'index by_square',
    'index some',
  ]);
  const client = await openPlain(url);
  const { rows } = await client.query('SELECT * FROM t ORDER BY id');
  expect(rows).toEqual([
    { id: '1', a: '5000000000000000000', b: '3', fits: '10' },
    { id: '2', a: '-7000000000000000000', b: '4', fits: '17' },
    { id: '3', a: '1', b: '0', fits: '1' },
  ]);
});
