import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { buildCase, HARD_CASES } from '../../../fixtures/hard-cases/index.js';
import { renderAssessment } from '../../../src/cli/render/assessment.js';
import { HOLD_MS_MAX } from '../../../src/snapshot/take/index.js';
import type { AssessedColumn } from '../../../src/steps/assess/assessment.js';
import { type Assessment, assess } from '../../../src/steps/assess/index.js';
import { errorOf, gameFile, sha256Of } from '../../support/backup-run.js';
import { atEnd } from '../../support/cleanup.js';
import { tempDir } from '../../support/temp-dir.js';
import { deps, NO_RULES, untouched } from './look.js';

const NOW = new Date('2025-10-12T00:00:00Z');

describe('assess of the small game', () => {
  it('gives the facts of the file, and leaves it and the work directory as they were', async () => {
    const path = await smallGame();
    const { source, canMigrate, problems, notMoved, tablesWithoutKey } = await looked(path);
    expect(source).toEqual({
      path,
      bytes: 397_312,
      pageSize: 4_096,
      pageCount: 97,
      journalMode: 'rollback',
      encoding: 'utf8',
      sqliteVersion: '3.53.2',
      tables: 7,
      rows: 1_422,
    });
    expect({ canMigrate, problems, notMoved, tablesWithoutKey }).toEqual({
      canMigrate: true,
      problems: [],
      notMoved: [],
      tablesWithoutKey: [],
    });
  });

  it('counts what a plain driver counts, in every column', async () => {
    const path = await smallGame();
    const { tables } = await looked(path);
    const plain = open(path);
    for (const table of tables) {
      expect(table.rows, table.name).toBe(
        plain.prepare(`SELECT count(*) FROM ${table.name}`).pluck().get(),
      );
      for (const column of table.columns) {
        expect(foundIn(column), `${table.name}.${column.name}`).toEqual(
          countedIn(plain, table.name, column.name),
        );
      }
    }
  });

  it('accounts for every page of the file', async () => {
    const path = await smallGame();
    const { tables } = await looked(path);
    const plain = open(path);
    const others = plain
      .prepare("SELECT sum(pgsize) FROM dbstat WHERE name IN ('sqlite_schema', 'sqlite_sequence')")
      .pluck()
      .get() as number;
    const free = Number(plain.pragma('freelist_count', { simple: true })) * 4_096;
    const counted = tables.reduce((sum, { bytes, indexBytes }) => sum + bytes + indexBytes, 0);
    expect(counted + others + free).toBe(397_312);
  });

  it('tells the forms of times apart', async () => {
    const { tables } = await looked(await smallGame());
    const column = tables
      .find(({ name }) => name === 'player_cards')
      ?.columns.find(({ name }) => name === 'obtained_at');
    expect(column).toMatchObject({ declaredType: 'TEXT', type: 'text', why: 'text' });
    expect(column?.values).toMatchObject({
      classes: { text: 642 },
      dates: {
        count: 594,
        shapes: {
          'YYYY-MM-DDTHH:MM:SS': 75,
          'YYYY-MM-DDTHH:MM:SS.ffffff': 467,
          'with zone': 52,
        },
      },
      digitTexts: 38,
      oddities: {},
    });
  });

  it('names the open challenges that break a foreign key', async () => {
    const path = await smallGame();
    const { brokenForeignKeys } = await looked(path);
    const open_ = open(path)
      .prepare('SELECT fight_id FROM active_fights WHERE opponent_id = 0 ORDER BY rowid')
      .pluck()
      .all() as string[];
    expect(brokenForeignKeys).toEqual([
      {
        table: 'active_fights',
        columns: ['opponent_id'],
        parentTable: 'players',
        parentColumns: ['user_id'],
        name: 'active_fights_opponent_id_fkey',
        orphans: 3,
        keys: open_.map((id) => `fight_id='${id}'`),
      },
    ]);
  });

  it('counts the rows that break a check', async () => {
    const path = await smallGame();
    const db = new Database(path);
    db.function('bot_only', { deterministic: true }, (coins) => Number(coins !== 1));
    db.exec(`
      PRAGMA ignore_check_constraints = 1;
      CREATE TABLE pots (pot INTEGER PRIMARY KEY, coins, CHECK (coins >= 0 -- never owed
      ), CONSTRAINT fair CHECK (coins < 100 OR coins IS NULL), CHECK (bot_only(coins)));
      CREATE TABLE moods (name TEXT PRIMARY KEY, level CHECK (level BETWEEN 1 AND 5)) WITHOUT ROWID;
      CREATE TABLE notes (text CHECK (length(text) > 1));
      INSERT INTO pots VALUES (1, 5), (2, -1), (3, NULL), (4, 100), (5, -7);
      INSERT INTO moods VALUES ('calm', 3), ('wild', 9);
      INSERT INTO notes VALUES ('ok'), ('x'), ('');`);
    db.close();
    const { brokenChecks, uncheckedChecks } = await looked(path);
    expect(brokenChecks).toEqual([
      {
        table: 'pots',
        name: 'pots_check',
        sql: expect.stringContaining('coins >= 0'),
        rows: 2,
        keys: ['pot=2', 'pot=5'],
      },
      {
        table: 'pots',
        name: 'fair',
        sql: 'coins < 100 OR coins IS NULL',
        rows: 1,
        keys: ['pot=4'],
      },
      {
        table: 'moods',
        name: 'moods_check',
        sql: 'level BETWEEN 1 AND 5',
        rows: 1,
        keys: [`name='wild'`],
      },
      {
        table: 'notes',
        name: 'notes_check',
        sql: 'length(text) > 1',
        rows: 2,
        keys: ['rowid=2', 'rowid=3'],
      },
    ]);
    expect(uncheckedChecks).toEqual([
      {
        table: 'pots',
        name: 'pots_check1',
        sql: 'bot_only(coins)',
        reason: 'no such function: bot_only',
      },
    ]);
  });

  it('is plain data: JSON keeps all of it', async () => {
    const assessment = await looked(await smallGame());
    expect(JSON.parse(JSON.stringify(assessment))).toEqual(assessment);
  });
});

describe('assess of 2,000 players', () => {
  it('finds the players of the last quarter of an hour, and the verdict', async () => {
    const path = await gameFile();
    const { readiness } = await looked(path);
    const active = activePlayers(path);
    expect(active.users).toBeGreaterThan(0);
    expect(readiness.verdict).toBe('not yet');
    expect(readiness.thresholds).toMatchObject([
      { name: 'users', value: 2_000, verdict: 'not yet' },
      { name: 'active at once', value: active.users, verdict: 'not yet' },
      { name: 'size', value: open(path).prepare(SIZE_SQL).pluck().get(), verdict: 'not yet' },
      { name: 'response time', value: null, verdict: 'unknown' },
    ]);
    expect(readiness.thresholds[1]?.basis).toContain(`up to the newest, ${active.newest}, in `);
  });

  it('counts no activity of a clock that runs ahead', async () => {
    const path = await gameFile();
    const db = new Database(path);
    const ahead = db.prepare('UPDATE players SET last_claim = ? WHERE user_id % 2 = 0');
    const { changes } = ahead.run('2031-01-01T00:00:00');
    db.close();
    const { readiness } = await looked(path);
    const [, active] = readiness.thresholds;
    expect(active?.value).toBe(activePlayers(path).users);
    expect(active?.basis).toMatch(/; \d+ lie in the future and do not count$/);
    expect(active?.basis).toContain(`; ${changes} lie in the future`);
  });

  it('expects times that follow from what it measured', async () => {
    const { expected, source } = await looked(await gameFile());
    expect(expected.writersHeld.seconds).toBeGreaterThan(0);
    expect(expected.writersHeld.seconds).toBeLessThan(HOLD_MS_MAX / 1_000);
    expect(expected.backup.seconds).toBeGreaterThan(expected.writersHeld.seconds);
    expect(expected.backupBytes).toBeGreaterThan(source.bytes / 10);
    expect(expected.backupBytes).toBeLessThan(source.bytes);
    const [, read] = /^every row was read in ([\d.]+) s; times 10 /.exec(expected.load.basis) ?? [];
    expect(Math.abs(expected.load.seconds - 10 * Number(read))).toBeLessThan(10 * 0.006);
  });

  it('tells progress by steps', async () => {
    const path = await gameFile();
    const { events, ...around } = deps();
    const workDir = await tempDir();
    await assess({ sourcePath: path, workDir, rules: NO_RULES, now: NOW }, around);
    const steps = events.flatMap((each) =>
      each.type === 'step' ? [`${each.step} ${each.state}`] : [],
    );
    expect(steps).toEqual(['snapshot started', 'snapshot done', 'census started', 'census done']);
    expect(events.findLast(({ type }) => type === 'progress')).toMatchObject({ step: 'census' });
    expect(readdirSync(workDir)).toEqual([]);
  });
});

describe('assess of other sources', () => {
  it('holds nobody in WAL mode, and leaves nothing beside the file', async () => {
    const path = await smallGame();
    const db = new Database(path);
    db.pragma('journal_mode = WAL');
    db.close();
    const { source, expected } = await looked(path);
    expect(source).toMatchObject({ journalMode: 'wal', rows: 1_422 });
    expect(expected.writersHeld).toEqual({
      seconds: 0,
      basis: 'in WAL mode a reader holds nobody',
    });
  });

  it('knows no users where there is no table of players', async () => {
    const path = join(await tempDir(), 'shop.db');
    const db = new Database(path);
    db.exec(`
      CREATE TABLE log (line TEXT, n INTEGER);
      INSERT INTO log VALUES ('a', 9223372036854775807), ('b' || char(0) || 'c', -5);
      CREATE VIEW lines AS SELECT line FROM log;
    `);
    db.close();
    const { readiness, tables, notMoved, problems, canMigrate, tablesWithoutKey } =
      await looked(path);
    expect(readiness.thresholds.map(({ verdict }) => verdict)).toEqual([
      'unknown',
      'unknown',
      'not yet',
      'unknown',
    ]);
    expect(tablesWithoutKey).toEqual(['log']);
    expect(notMoved).toMatchObject([{ what: 'view', name: 'lines' }]);
    expect(tables[0]?.columns[1]?.values).toMatchObject({
      integers: { min: '-5', max: '9223372036854775807' },
      oddities: { 'unsafe integer': 1 },
    });
    expect(canMigrate).toBe(false);
    expect(problems).toMatchObject([
      { table: 'log', column: 'line', kind: 'NUL in text', count: 1, keys: ['rowid=2'] },
    ]);
    expect(problems[0]?.choices.length).toBeGreaterThan(1);
  });

  it('names keys of a WITHOUT ROWID table, and tables whose references cannot be checked', async () => {
    const path = join(await tempDir(), 'refs.db');
    const db = new Database(path);
    db.pragma('foreign_keys = OFF');
    db.exec(`
      CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO parent VALUES (1, 'one');
      CREATE TABLE child (a TEXT, b INTEGER, up INTEGER REFERENCES parent, PRIMARY KEY (a, b)) WITHOUT ROWID;
      INSERT INTO child VALUES ('x', 1, 1), ('it''s', 2, 7), ('z', 3, NULL);
      CREATE TABLE by_name (id INTEGER PRIMARY KEY, name TEXT REFERENCES parent (name));
    `);
    db.close();
    const { brokenForeignKeys, uncheckedForeignKeys } = await looked(path);
    expect(brokenForeignKeys).toMatchObject([
      { table: 'child', columns: ['up'], orphans: 1, keys: ["a='it''s', b=2"] },
    ]);
    expect(uncheckedForeignKeys).toEqual([
      { table: 'by_name', reason: 'foreign key mismatch - "by_name" referencing "parent"' },
    ]);
  });
});

describe('assess of the hard cases', () => {
  it.each(['11-null-primary-key', '12-no-primary-key', '21-everything'])(
    'names the tables of %s whose changes could not be followed',
    async (name) => {
      const path = join(await tempDir(), 'hard.db');
      buildCase(name, path);
      const known = HARD_CASES.find((each) => each.name === name)?.expect;
      const outcomes = [known, ...(known?.variants ?? [])];
      const expected = outcomes.flatMap((each) =>
        each?.outcome === 'moves' ? (each.unfollowable ?? []) : [],
      );
      expect(expected).not.toEqual([]);
      expect((await looked(path)).tablesWithoutKey.toSorted()).toEqual(expected.toSorted());
    },
  );
});

describe('assess that cannot be done', () => {
  it('says that the source is not there', async () => {
    const path = join(await tempDir(), 'game_bot.db');
    const error = await errorOf(looked(path));
    expect(error).toMatchObject({ code: 'source' });
    expect(error.message).toContain(path);
  });

  it('refuses to hold writers for longer than is allowed', async () => {
    const error = await errorOf(looked(await smallGame(), { holdMsMax: 0 }));
    expect(error.code).toBe('refused');
  });

  it.each(['snapshot', 'census'])(
    'leaves nothing behind when it is stopped in the %s',
    async (step) => {
      const path = await gameFile();
      const stop = new AbortController();
      const around = deps(stop.signal);
      const report = (event: { type: string; step?: string }) => {
        if (event.type === 'progress' && event.step === step) stop.abort();
      };
      const error = await errorOf(
        untouched(dirname(path), (workDir) =>
          assess({ sourcePath: path, workDir, rules: NO_RULES }, { ...around, report }),
        ),
      );
      expect(error.code).toBe('interrupted');
    },
  );

  it('names the work directory when it cannot be made', async () => {
    const directory = await tempDir();
    writeFileSync(join(directory, 'file'), '');
    const workDir = join(directory, 'file', 'work');
    const options = { sourcePath: await smallGame(), workDir, rules: NO_RULES };
    const error = await errorOf(assess(options, deps()));
    expect(error.code).toBe('target');
    expect(error.message).toContain(workDir);
    expect(error.hint).toContain('--work-dir');
  });

  it('keeps a work directory that was there, with all that is in it', async () => {
    const workDir = join(await tempDir(), 'work');
    mkdirSync(workDir);
    writeFileSync(join(workDir, 'journal'), 'kept');
    await assess({ sourcePath: await smallGame(), workDir, rules: NO_RULES }, deps());
    expect(readdirSync(workDir)).toEqual(['journal']);
    expect(existsSync(join(workDir, 'journal'))).toBe(true);
  });
});

describe('an assessment as text', () => {
  it('says in its first ten lines what the verdict is and what to do', async () => {
    const path = await smallGame();
    const text = renderAssessment(await looked(path), { colour: false, width: 100 });
    const lines = text.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      'verdict     not yet: SQLite carries this game',
      'can move    yes: every value has a place in Postgres',
      `to do       nothing but backups, every day: cardctl backup --source ${path}`,
      `source      ${path}`,
    ]);
    expect(lines[4]).toBe(
      '            397 kB, 1,422 rows in 7 tables; 97 pages of 4096 B, rollback journal, SQLite 3.53.2',
    );
    expect(lines.slice(0, 10).join('\n')).toMatch(/writers held \d+\.\d\d s\nload {8}about/);
    expect(lines.at(-1)).toBe(`next: cardctl backup --source ${path}`);
    expect(text).toContain('3 rows break active_fights_opponent_id_fkey of active_fights');
    expect(text).toMatch(
      /^user_id +INTEGER +bigint +60 integer \(108103770\.\.7873668182\) +integers$/m,
    );
  });

  it('asks for choices first while values do not fit', async () => {
    const path = join(await tempDir(), 'bad.db');
    const db = new Database(path);
    db.exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (7, 'a' || char(0))",
    );
    db.close();
    const look = { colour: false, width: 80, place: ['--config', 'my.json'] };
    const lines = renderAssessment(await looked(path), look).split('\n');
    const command = `cardctl assess --source ${path} --config my.json`;
    expect(lines[1]).toBe(
      'can move    no: 1 column holds values that do not fit; the choices are below',
    );
    expect(lines[2]).toBe(`to do       put a choice for each into cardctl.json, then: ${command}`);
    expect(lines).toContain('      rows: id=7');
    expect(lines.at(-1)).toBe(`next: ${command}`);
  });

  it('has colours only when they are asked for, and the same words', async () => {
    const assessment = await looked(await smallGame());
    const plain = renderAssessment(assessment, { colour: false, width: 80 });
    const coloured = renderAssessment(assessment, { colour: true, width: 80 });
    expect(plain).toBe(stripVTControlCharacters(plain));
    expect(coloured).not.toBe(plain);
    const words = stripVTControlCharacters(coloured).split('\n');
    expect(words.map((line) => line.trimEnd())).toEqual(plain.split('\n'));
  });
});

const SIZE_SQL = 'SELECT page_count * page_size FROM pragma_page_count, pragma_page_size';

async function smallGame(): Promise<string> {
  const path = join(await tempDir(), 'game_bot.db');
  copyFileSync('fixtures/game/small.db', path);
  return path;
}

function looked(path: string, more: { holdMsMax?: number } = {}): Promise<Assessment> {
  return untouched(dirname(path), async (workDir) => {
    const before = existsSync(path) ? sha256Of(path) : undefined;
    const options = { sourcePath: path, workDir, rules: NO_RULES, now: NOW, ...more };
    const assessment = await assess(options, deps());
    expect(sha256Of(path)).toBe(before);
    return assessment;
  });
}

function open(path: string): Database.Database {
  const db = new Database(path, { readonly: true });
  atEnd(() => void db.close());
  return db;
}

function foundIn({ values }: AssessedColumn) {
  return {
    classes: values?.classes,
    integers: values?.integers,
    textBytesMax: values?.textBytesMax,
  };
}

function countedIn(db: Database.Database, table: string, column: string) {
  const counts = db
    .prepare(`SELECT typeof(${column}), count(*) FROM ${table} GROUP BY 1`)
    .raw()
    .all() as [string, number][];
  const [min, max, textBytesMax] = db
    .prepare(
      `SELECT min(${column}) FILTER (WHERE typeof(${column}) = 'integer'),
              max(${column}) FILTER (WHERE typeof(${column}) = 'integer'),
              coalesce(max(octet_length(${column})) FILTER (WHERE typeof(${column}) = 'text'), 0)
       FROM ${table}`,
    )
    .raw()
    .get() as [number | null, number | null, number];
  const integers = min === null ? null : { min: String(min), max: String(max) };
  return { classes: Object.fromEntries(counts), integers, textBytesMax };
}

/** By hand: every time of the game, all of them texts of the bot's own clock when they are new. */
function activePlayers(path: string): { users: number; newest: string } {
  const rows = open(path)
    .prepare(
      `SELECT user_id, last_claim FROM players UNION ALL SELECT user_id, last_heart_reset FROM players
       UNION ALL SELECT user_id, last_lives_reset FROM players UNION ALL SELECT user_id, created_at FROM players
       UNION ALL SELECT user_id, fought_at FROM fight_history UNION ALL SELECT user_id, obtained_at FROM player_cards`,
    )
    .raw()
    .all() as [number, string | number | null][];
  const local = rows.flatMap(([user, time]) =>
    typeof time === 'string' && /^202[0-5]-.*\d$/.test(time)
      ? [{ user, ms: Date.parse(`${time}Z`) }]
      : [],
  );
  const newestMs = local.reduce((max, { ms }) => Math.max(max, ms), 0);
  const users = new Set(local.filter(({ ms }) => ms >= newestMs - 900_000).map(({ user }) => user));
  return { users: users.size, newest: new Date(newestMs).toISOString().slice(0, 19) };
}
