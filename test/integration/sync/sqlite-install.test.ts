import { renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { readSchema } from '../../../src/schema/read.js';
import { capturedTables } from '../../../src/sync/captured-table.js';
import { ORIGIN } from '../../../src/sync/position.js';
import { installCapture, removeCapture } from '../../../src/sync/sqlite/install.js';
import {
  capturedFile,
  changesOf,
  databaseFile,
  open,
  openFile,
  openSide,
  schemaOf,
} from './sqlite-support.js';

const GAME = `
  CREATE TABLE players (user_id INTEGER PRIMARY KEY, "first name" TEXT);
  CREATE TABLE player_cards (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER, card TEXT, UNIQUE (user_id, card));
  CREATE TABLE keyless (a TEXT);
  CREATE INDEX by_name ON players ("first name");
  CREATE VIEW names AS SELECT "first name" FROM players;
  CREATE TRIGGER old_one AFTER INSERT ON players BEGIN UPDATE players SET "first name" = 'x' WHERE 0; END;
  INSERT INTO players VALUES (1, 'Ali');`;

describe('capture', () => {
  it('leaves, when it is removed, the schema that was there, to the byte', async () => {
    const path = await databaseFile(GAME);
    const file = openFile(path);
    const before = schemaOf(file.writer);
    const { captured } = capturedTables(readSchema(file.writer).tables);
    await installCapture(file, captured);
    file.writer.exec(`INSERT INTO players VALUES (2, 'Sara')`);
    expect(schemaOf(file.writer)).not.toEqual(before);
    await removeCapture(file);
    expect(schemaOf(file.writer)).toEqual(before);
    await removeCapture(file);
    expect(file.writer.prepare('SELECT * FROM players').all()).toEqual([
      { user_id: 1n, 'first name': 'Ali' },
      { user_id: 2n, 'first name': 'Sara' },
    ]);
  });

  it('leaves what the bot says of the authority, where it did', async () => {
    const path = await databaseFile(`${GAME}
      CREATE TABLE cardctl_authority (id bigint PRIMARY KEY, store text NOT NULL, epoch bigint NOT NULL, moving bigint NOT NULL);
      INSERT INTO cardctl_authority VALUES (1, 'sqlite', 4, 0);`);
    const file = openFile(path);
    const before = schemaOf(file.writer);
    await installCapture(file, capturedTables(readSchema(file.writer).tables).captured);
    await removeCapture(file);
    expect(schemaOf(file.writer)).toEqual(before);
    expect(file.writer.prepare('SELECT * FROM cardctl_authority').all()).toEqual([
      { id: 1n, store: 'sqlite', epoch: 4n, moving: 0n },
    ]);
  });

  it('installed again is the same; of other tables or another schema it is refused', async () => {
    const path = await databaseFile(GAME);
    const file = openFile(path);
    const { captured } = capturedTables(readSchema(file.writer).tables);
    const first = await installCapture(file, captured);
    const installed = schemaOf(file.writer);
    expect(await installCapture(file, captured)).toEqual(first);
    expect(schemaOf(file.writer)).toEqual(installed);
    await expect(installCapture(file, captured.slice(1))).rejects.toMatchObject({
      code: 'refused',
      message: `the changes of other tables of ${path} are captured`,
    });
    file.writer.exec('ALTER TABLE players ADD COLUMN lives INTEGER');
    await expect(installCapture(file, captured)).rejects.toMatchObject({
      code: 'refused',
      message: `the schema of ${path} changed since its changes are captured: players`,
    });
  });

  it('of tables that are not those of the file is refused, and nothing is written', async () => {
    const file = openFile(await databaseFile(GAME));
    const other = openFile(await databaseFile('CREATE TABLE players (a INTEGER PRIMARY KEY)'));
    const before = schemaOf(file.writer);
    const { captured } = capturedTables(readSchema(other.writer).tables);
    await expect(installCapture(file, captured)).rejects.toMatchObject({ code: 'refused' });
    expect(schemaOf(file.writer)).toEqual(before);
  });

  it('is refused where an index calls what only the bot knows: its writes must go on', async () => {
    const path = await databaseFile(GAME);
    const bot = open(path);
    bot.function('shape', { deterministic: true }, (text) => String(text).toLowerCase());
    bot.exec('CREATE UNIQUE INDEX shaped ON players (shape("first name"))');
    const file = openFile(path);
    const { captured } = capturedTables(readSchema(file.writer).tables);
    await expect(installCapture(file, captured)).rejects.toMatchObject({
      code: 'refused',
      details: { table: 'players' },
    });
    bot.exec(`INSERT INTO players VALUES (5, 'Mina')`);
  });

  it('waits for a writer that is at work, and for a reader that holds up the end', async () => {
    const path = await databaseFile(GAME);
    const file = openFile(path);
    const { captured } = capturedTables(readSchema(file.writer).tables);
    const bot = open(path);
    bot.exec(`BEGIN IMMEDIATE; INSERT INTO players VALUES (3, 'Reza')`);
    const reader = open(path);
    const installing = installCapture(file, captured);
    setTimeout(() => {
      bot.exec('COMMIT');
      reader.exec('BEGIN; SELECT * FROM players');
      setTimeout(() => reader.exec('COMMIT'), 50);
    }, 50);
    await installing;
    bot.exec(`INSERT INTO players VALUES (4, 'Mina')`);
    const side = openSide(file, []);
    expect((await side.facts()).logged).toEqual({ sequence: 1, snapshot: null });
  });
});

describe('a source that is no longer what was captured', () => {
  it.each([
    ['a column more', 'ALTER TABLE players ADD COLUMN lives INTEGER', 'players'],
    ['a table more', 'CREATE TABLE more (a)', 'more'],
    ['a table less', 'DROP TABLE keyless', 'keyless'],
    ['a unique index more', 'CREATE UNIQUE INDEX u ON players ("first name")', 'players'],
    ['a trigger of ours less', 'DROP TRIGGER cardctl_0_update_after', 'players'],
    [
      'a table that was made anew with the same text',
      `DROP TABLE keyless; CREATE TABLE keyless (a TEXT)`,
      'keyless',
    ],
  ])('is not read: %s', async (_what, sql, table) => {
    const { bot, path, side } = await capturedFile(GAME);
    bot.exec(`UPDATE players SET "first name" = 'x'`);
    const first = await side.readChanges(ORIGIN, 0);
    bot.exec(sql);
    await expect(side.readChanges(first?.to ?? ORIGIN, 0)).rejects.toMatchObject({
      code: 'refused',
      message: `the schema of ${path} changed since its changes are captured: ${table}`,
      details: { tables: [table] },
    });
  });

  it.each(['VACUUM', 'ANALYZE', 'REINDEX', 'PRAGMA journal_mode = WAL'])(
    'is read after a %s, which changes nothing in it',
    async (sql) => {
      const { bot, side } = await capturedFile(GAME);
      bot.exec(`INSERT INTO players VALUES (7, 'Reza')`);
      await side.readChanges(ORIGIN, 0);
      bot.exec(sql);
      bot.exec(`UPDATE players SET "first name" = 'Sara' WHERE user_id = 1`);
      expect(await changesOf(side)).toEqual({
        players: { keys: ['1', '7'], rows: ['1\tSara', '7\tReza'] },
      });
    },
  );

  it('is not read nor written when another file lies at its path', async () => {
    const { path, side } = await capturedFile(GAME);
    const other = await databaseFile(GAME);
    renameSync(other, path);
    const refusal = {
      code: 'refused',
      message: `${path} was removed, or replaced by another file`,
    };
    await expect(side.readChanges(ORIGIN, 0)).rejects.toMatchObject(refusal);
    await expect(side.raiseFence(0, 100)).rejects.toMatchObject(refusal);
    await expect(side.facts()).rejects.toMatchObject(refusal);
  });

  it('is not read when an older state of it was put in its place', async () => {
    const { bot, path, side } = await capturedFile(GAME);
    bot.exec(`UPDATE players SET "first name" = 'x'`);
    const older = `${path}-older`;
    bot.exec(`VACUUM INTO '${older}'`);
    bot.exec(`UPDATE players SET "first name" = 'y'`);
    const changes = await side.readChanges(ORIGIN, 0);
    await new Database(older).backup(path);
    await expect(side.readChanges(changes?.to ?? ORIGIN, 0)).rejects.toMatchObject({
      code: 'refused',
      message: `an older copy of ${path} was put in its place: its change log ends at 1, and was read to 2`,
    });
  });

  it('is not read by whom its log has forgotten', async () => {
    const { bot, path, side } = await capturedFile(GAME);
    for (const name of ['a', 'b', 'c']) bot.exec(`UPDATE players SET "first name" = '${name}'`);
    await side.forget({ sequence: 2, snapshot: null }, 0);
    expect(await changesOf(side, { sequence: 2, snapshot: null })).toEqual({
      players: { keys: ['1'], rows: ['1\tc'] },
    });
    await expect(side.readChanges({ sequence: 1, snapshot: null }, 0)).rejects.toMatchObject({
      code: 'refused',
      message: `the change log of ${path} begins at 3: what came behind 1 is no longer in it`,
    });
  });

  it('is not read without a capture', async () => {
    const { file, side } = await capturedFile(GAME);
    await removeCapture(file);
    await expect(side.readChanges(ORIGIN, 0)).rejects.toMatchObject({ code: 'refused' });
    expect(await side.facts()).toEqual({
      isInstalled: false,
      sourceId: null,
      authority: { store: 'sqlite', epoch: 0, moving: false },
      applied: null,
      logged: ORIGIN,
    });
  });
});

describe('the change log', () => {
  it('never begins its numbers anew, however much is forgotten', async () => {
    const { bot, side } = await capturedFile(GAME);
    bot.exec(`UPDATE players SET "first name" = 'a'; UPDATE players SET "first name" = 'b'`);
    await side.forget({ sequence: 2, snapshot: null }, 0);
    expect((await side.facts()).logged).toEqual({ sequence: 2, snapshot: null });
    expect(await side.readChanges({ sequence: 2, snapshot: null }, 0)).toBeNull();
    bot.exec(`UPDATE players SET "first name" = 'c'`);
    const changes = await side.readChanges({ sequence: 2, snapshot: null }, 0);
    expect(changes?.to).toEqual({ sequence: 3, snapshot: null });
  });

  it('is read in parts when it is long, and whole in the end', async () => {
    const { bot, side } = await capturedFile(GAME);
    bot.exec(`WITH RECURSIVE n (i) AS (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
      INSERT INTO players SELECT i, 'n' || i FROM n`);
    bot.exec(`UPDATE players SET "first name" = 'last' WHERE user_id = 2`);
    const names = new Map<string, string>();
    let behind = ORIGIN;
    const more: boolean[] = [];
    for (;;) {
      const changes = await side.readChanges(behind, 0);
      if (changes === null) break;
      for (const row of changes.tables[0]?.rows.toString().trimEnd().split('\n') ?? []) {
        const [id = '', name = ''] = row.split('\t');
        names.set(id, name);
      }
      expect(changes.from).toEqual(behind);
      more.push(changes.hasMore);
      behind = changes.to;
    }
    expect(behind.sequence).toBe(30_000);
    expect(more.at(-1)).toBe(false);
    expect(more.slice(0, -1)).toEqual(more.slice(0, -1).map(() => true));
    expect(more.length).toBeGreaterThan(1);
    expect(names.size).toBe(29_999);
    expect([names.get('2'), names.get('30000')]).toEqual(['last', 'n30000']);
  });

  it('takes rows that are touched for changed', async () => {
    const { side, tables } = await capturedFile(GAME);
    const [players] = tables;
    if (players === undefined) throw new Error('no players');
    await side.touch([{ table: players, keys: [['1'], ['99']] }]);
    expect(await changesOf(side)).toEqual({ players: { keys: ['1', '99'], rows: ['1\tAli'] } });
  });
});

describe('waiting for a change', () => {
  it.each(['DELETE', 'WAL'])('ends when the bot commits, in %s mode', async (mode) => {
    const { bot, side } = await capturedFile(GAME);
    bot.pragma(`journal_mode = ${mode}`);
    const { signal } = new AbortController();
    await side.changed(200, signal);
    const waited = side.changed(60_000, signal);
    bot.exec(`UPDATE players SET "first name" = 'x'`);
    await waited;
    // What happens between two waits is not missed.
    bot.exec(`UPDATE players SET "first name" = 'y'`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await side.changed(60_000, signal);
  });

  it('ends after the time, on abort and on close', async () => {
    const { side } = await capturedFile(GAME);
    const { signal } = new AbortController();
    await side.changed(100, signal);
    await side.changed(1, signal);
    const controller = new AbortController();
    const aborted = side.changed(60_000, controller.signal);
    controller.abort();
    await aborted;
    await side.changed(60_000, AbortSignal.abort());
    const closed = side.changed(60_000, signal);
    await side.close();
    await closed;
  });
});
