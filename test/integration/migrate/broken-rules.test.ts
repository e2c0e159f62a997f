import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { type MigrateInProcess, migrateInProcess } from '../../support/migrate.js';
import { createDatabase } from '../../support/postgres.js';
import { tempDir } from '../../support/temp-dir.js';
import { openPlain } from '../hard-cases/target.js';

describe('a check that rows of the source break', () => {
  it('is left out and named with the rows, and the others hold', async () => {
    const { migration, client } = await moved(CARDS);
    expect(migration.brokenChecks).toEqual([
      {
        table: 'cards',
        name: 'power_known',
        rows: 7,
        examples: ['id=3', 'id=4', 'id=5', 'id=6', 'id=7'],
        outcome: 'left out',
      },
    ]);
    expect(migration.verified).toMatchObject({ equal: true });
    expect(await constraintsOf(client)).toEqual([
      'cards_check CHECK ((speed < 100)) validated',
      'cards_pkey PRIMARY KEY (id) validated',
    ]);
    // The game goes on with the rows that break it.
    await client.query('UPDATE cards SET speed = 2 WHERE id = 3');
  });

  it('stays for new rows when the configuration says so', async () => {
    const { migration, client } = await moved(CARDS, { brokenChecks: 'not-valid' });
    expect(migration.brokenChecks).toMatchObject([{ name: 'power_known', rows: 7 }]);
    expect(migration.brokenChecks[0]?.outcome).toBe('not validated');
    expect(await constraintsOf(client)).toEqual([
      'cards_check CHECK ((speed < 100)) validated',
      'cards_pkey PRIMARY KEY (id) validated',
      'power_known CHECK (((power >= 1) AND (power <= 100))) NOT VALID not validated',
    ]);
    const refused = client.query('INSERT INTO cards (power, speed) VALUES (0, 1)');
    await expect(refused).rejects.toMatchObject({ code: '23514', constraint: 'power_known' });
  });

  it('names its rows by their first columns where there is no key', async () => {
    const { migration } = await moved(`
      PRAGMA ignore_check_constraints = 1;
      CREATE TABLE log (a INT CHECK (a > 0), b TEXT, c REAL, d TEXT, e INT);
      INSERT INTO log VALUES (1, 'x', 1, 'y', 3), (-1, NULL, 1.5, 'it''s' || hex(zeroblob(50)), 4);`);
    const cut = `'it''s${'0'.repeat(76)}'…`;
    expect(migration.brokenChecks[0]?.examples).toEqual([`a=-1, b=NULL, c=1.5, d=${cut}`]);
  });
});

describe('a NOT NULL that rows of the source break', () => {
  it('is left out and named with the rows before anything is changed', async () => {
    const { migration, events, client } = await moved(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT, more TEXT NOT NULL);
      INSERT INTO t VALUES (1, 'a', 'x'), (2, NULL, 'x'), (3, NULL, 'x');
      ${notNull('t', 'note TEXT')}`);
    expect(migration.plan?.untranslated).toEqual([
      {
        table: 't',
        what: 'not null',
        name: 'note',
        sql: 'NOT NULL',
        reason: 'the column holds NULLs all the same',
        count: 2,
        keys: ['id=2', 'id=3'],
      },
    ]);
    expect(events).toContainEqual({
      type: 'note',
      level: 'warning',
      message: 'not null note of t: the column holds NULLs all the same (2 rows: id=2; id=3)',
    });
    const { rows } = await client.query(
      `SELECT attname AS name, attnotnull AS refuses FROM pg_attribute
       WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum`,
    );
    expect(rows).toEqual([
      { name: 'id', refuses: 't' },
      { name: 'note', refuses: 'f' },
      { name: 'more', refuses: 't' },
    ]);
  });

  it('is a check of a column that stores nothing, and left out as one', async () => {
    const { migration } = await moved(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT AS (a + 1));
      INSERT INTO t (id, a) VALUES (1, 1), (2, NULL);
      ${notNull('t', 'b INT')}`);
    expect(migration.brokenChecks).toEqual([
      { table: 't', name: 't_b_not_null', rows: 1, examples: ['id=2'], outcome: 'left out' },
    ]);
  });
});

const CARDS = `
  PRAGMA ignore_check_constraints = 1;
  CREATE TABLE cards (
    id INTEGER PRIMARY KEY, power INT CONSTRAINT power_known CHECK (power BETWEEN 1 AND 100),
    speed INT CHECK (speed < 100)
  );
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
  INSERT INTO cards SELECT i, CASE WHEN i BETWEEN 3 AND 9 THEN 0 END, i FROM n;`;

/** Declares a column NOT NULL behind SQLite's back. */
function notNull(table: string, column: string): string {
  return `
    PRAGMA writable_schema = 1;
    UPDATE sqlite_schema SET sql = replace(sql, '${column}', '${column} NOT NULL')
    WHERE name = '${table}';
    PRAGMA writable_schema = 0;`;
}

async function moved(sql: string, options: MigrateInProcess['options'] = {}) {
  const sourcePath = join(await tempDir(), 'game_bot.db');
  const db = new Database(sourcePath);
  db.unsafeMode(true);
  db.exec(sql);
  db.close();
  const { url } = await createDatabase();
  const request = { sourcePath, targetUrl: url, workDir: await tempDir(), options };
  return { ...(await migrateInProcess(request)), client: await openPlain(url) };
}

async function constraintsOf(client: Awaited<ReturnType<typeof openPlain>>): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(`
    SELECT format('%s %s %s', conname, pg_get_constraintdef(oid),
                  CASE WHEN convalidated THEN 'validated' ELSE 'not validated' END) AS line
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'p') ORDER BY conname`);
  return rows.map(({ line }) => line);
}
