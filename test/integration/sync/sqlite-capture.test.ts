import { describe, expect, it } from 'vitest';
import { ORIGIN } from '../../../src/sync/position.js';
import { capturedFile, changesOf } from './sqlite-support.js';

const CARDS = `
  CREATE TABLE cards (card_id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, power INTEGER);
  INSERT INTO cards VALUES (1, 'Ali', 10), (2, 'Sara', 20), (3, 'Reza', 30);`;

describe('the change log names every row that changed', () => {
  it('of inserts, updates and deletes, with the rows as they are now', async () => {
    const { bot, side } = await capturedFile(CARDS);
    expect(await side.readChanges(ORIGIN, 0)).toBeNull();
    bot.exec(`INSERT INTO cards VALUES (4, 'Mina', NULL);
      UPDATE cards SET power = 11 WHERE card_id = 1; UPDATE cards SET power = 12 WHERE card_id = 1;
      DELETE FROM cards WHERE card_id = 2;`);
    expect(await changesOf(side)).toEqual({
      cards: { keys: ['1', '2', '4'], rows: ['1\tAli\t12', '4\tMina\tNULL'] },
    });
  });

  it('of what OR REPLACE removes through another unique key, whoever writes', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec(`INSERT OR REPLACE INTO cards VALUES (9, 'Ali', 1)`);
    bot.exec(`UPDATE OR REPLACE cards SET name = 'Reza' WHERE card_id = 2`);
    expect(await changesOf(side)).toEqual({
      cards: { keys: ['1', '2', '3', '9'], rows: ['2\tReza\t20', '9\tAli\t1'] },
    });
  });

  it('of what OR REPLACE removes by a default that it puts in place of a NULL', async () => {
    const { bot, side } = await capturedFile(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT "x" UNIQUE, b TEXT NOT NULL DEFAULT y UNIQUE,
                      c INTEGER NOT NULL DEFAULT (1 + 1) UNIQUE);
      INSERT INTO t VALUES (1, 'x', 'b', 3), (2, 'a', 'y', 4), (3, 'c', 'd', 2);`);
    bot.exec('INSERT OR REPLACE INTO t VALUES (9, NULL, NULL, NULL)');
    expect(await changesOf(side)).toEqual({
      t: { keys: ['1', '2', '3', '9'], rows: ['9\tx\ty\t2'] },
    });
  });

  it('of a row that stays, when it is asked for by OR IGNORE or an upsert', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec(`INSERT OR IGNORE INTO cards VALUES (7, 'Ali', 1)`);
    bot.exec(
      `INSERT INTO cards VALUES (8, 'Sara', 5) ON CONFLICT (name) DO UPDATE SET power = excluded.power`,
    );
    expect(await changesOf(side)).toEqual({
      cards: { keys: ['1', '2'], rows: ['1\tAli\t10', '2\tSara\t5'] },
    });
  });

  it('of both keys, when a row gets another', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec('UPDATE cards SET card_id = 30 WHERE card_id = 3');
    bot.exec('UPDATE OR REPLACE cards SET card_id = 1 WHERE card_id = 2');
    expect(await changesOf(side)).toEqual({
      cards: { keys: ['1', '2', '3', '30'], rows: ['1\tSara\t20', '30\tReza\t30'] },
    });
  });

  it('of two rows that swap a unique value', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec(`BEGIN; UPDATE cards SET name = '' WHERE card_id = 1;
      UPDATE cards SET name = 'Ali' WHERE card_id = 2; UPDATE cards SET name = 'Sara' WHERE card_id = 1; COMMIT`);
    expect(await changesOf(side)).toEqual({
      cards: { keys: ['1', '2'], rows: ['1\tSara\t10', '2\tAli\t20'] },
    });
  });

  it('of a table that is emptied at once', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec('DELETE FROM cards');
    expect(await changesOf(side)).toEqual({ cards: { keys: ['1', '2', '3'], rows: [] } });
  });

  it('of what foreign keys take along, when the writer has them enforced', async () => {
    const { bot, side } = await capturedFile(`
      CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
      CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
      CREATE TABLE n (id INTEGER PRIMARY KEY, up INTEGER REFERENCES n ON DELETE CASCADE);
      INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO c VALUES (10, 1), (20, 2), (30, 3);
      INSERT INTO n VALUES (1, NULL), (2, 1), (3, 2);`);
    bot.pragma('foreign_keys = ON');
    bot.exec(`DELETE FROM p WHERE id = 1; UPDATE p SET id = 22 WHERE id = 2;
      INSERT OR REPLACE INTO p VALUES (4, 'c'); DELETE FROM n WHERE id = 1`);
    expect(await changesOf(side)).toEqual({
      p: { keys: ['1', '2', '22', '3', '4'], rows: ['22\tb', '4\tc'] },
      c: { keys: ['10', '20', '30'], rows: ['20\t22'] },
      n: { keys: ['1', '2', '3'], rows: [] },
    });
  });

  it('of what triggers of the source do', async () => {
    const { bot, side } = await capturedFile(`${CARDS}
      CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT);
      CREATE TRIGGER logs AFTER UPDATE ON cards BEGIN
        INSERT INTO log (what) VALUES (NEW.name); UPDATE cards SET power = 0 WHERE card_id = 3; END;`);
    bot.exec('UPDATE cards SET power = 1 WHERE card_id = 1');
    expect(await changesOf(side)).toEqual({
      cards: { keys: ['1', '3'], rows: ['1\tAli\t1', '3\tReza\t0'] },
      log: { keys: ['1'], rows: ['1\tAli'] },
    });
  });

  it('of a key that another case of its letters replaces, which are two to the target', async () => {
    const { bot, side } = await capturedFile(`
      CREATE TABLE t (name TEXT COLLATE NOCASE PRIMARY KEY, v INTEGER);
      CREATE TABLE w (name TEXT PRIMARY KEY COLLATE NOCASE, v INTEGER) WITHOUT ROWID;
      INSERT INTO t VALUES ('ali', 1), ('sara', 2); INSERT INTO w VALUES ('ali', 1);`);
    bot.exec(`INSERT OR REPLACE INTO t VALUES ('ALI', 3); UPDATE t SET name = 'Sara' WHERE v = 2`);
    bot.exec(`INSERT OR REPLACE INTO w VALUES ('Ali', 3)`);
    expect(await changesOf(side)).toEqual({
      t: { keys: ['ALI', 'Sara', 'ali', 'sara'], rows: ['ALI\t3', 'Sara\t2'] },
      w: { keys: ['Ali', 'ali'], rows: ['Ali\t3'] },
    });
  });

  it('by keys of several columns, without a rowid, of reals, of any value', async () => {
    const { bot, side } = await capturedFile(
      `CREATE TABLE pair (a INTEGER, b TEXT, v TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
       CREATE TABLE r (x REAL PRIMARY KEY, v TEXT);
       CREATE TABLE any (x PRIMARY KEY, v TEXT);
       CREATE TABLE u (a INTEGER NOT NULL, b TEXT NOT NULL, v TEXT, UNIQUE (a, b));
       INSERT INTO pair VALUES (1, 'x', 'old'); INSERT INTO r VALUES (0.1, 'old'), (2, 'old');
       INSERT INTO any VALUES (1, 'old'); INSERT INTO u VALUES (1, 'tab\there', 'old');`,
      { 'any.x': { type: 'double precision' } },
    );
    bot.exec(`UPDATE pair SET a = 2; INSERT INTO pair VALUES (3, 'y', 'new');
      UPDATE r SET v = 'new'; INSERT OR REPLACE INTO any VALUES (1.0, 'new'); INSERT INTO any VALUES (0.5, 'new');
      UPDATE u SET v = 'new'`);
    expect(await changesOf(side)).toEqual({
      pair: { keys: ['x|1', 'x|2', 'y|3'], rows: ['2\tx\told', '3\ty\tnew'] },
      r: { keys: ['0.1', '2'], rows: ['0.1\tnew', '2\tnew'] },
      any: { keys: ['0.5', '1'], rows: ['0.5\tnew', '1\tnew'] },
      u: { keys: ['1|tab\there'], rows: ['1\ttab\\there\tnew'] },
    });
  });

  it('of what is replaced through partial, expression and folding indexes', async () => {
    const { bot, side } = await capturedFile(`
      CREATE TABLE f (id INTEGER PRIMARY KEY, player INTEGER, status TEXT, code TEXT, "two words" TEXT);
      CREATE UNIQUE INDEX one_open ON f (player) WHERE status = 'open';
      CREATE UNIQUE INDEX by_code ON f (lower(code));
      CREATE UNIQUE INDEX folded ON f ("two words" COLLATE NOCASE);
      INSERT INTO f VALUES (1, 7, 'open', 'a', 'p'), (2, 7, 'done', 'b', 'q'), (3, 8, 'open', 'c', 'r');`);
    bot.exec(`INSERT OR REPLACE INTO f VALUES (10, 7, 'open', 'x', 'x')`);
    expect(await changesOf(side)).toMatchObject({ f: { keys: ['1', '10'] } });
    bot.exec(`INSERT OR REPLACE INTO f VALUES (11, 9, 'done', 'B', 'y')`);
    expect(await changesOf(side)).toMatchObject({ f: { keys: ['1', '10', '11', '2'] } });
    bot.exec(`INSERT OR REPLACE INTO f VALUES (12, 9, 'done', 'd', 'R')`);
    expect(await changesOf(side)).toEqual({
      f: {
        keys: ['1', '10', '11', '12', '2', '3'],
        rows: ['10\t7\topen\tx\tx', '11\t9\tdone\tB\ty', '12\t9\tdone\td\tR'],
      },
    });
    // An update that lets a row into the partial index.
    bot.exec('UPDATE f SET player = 7 WHERE id = 12');
    const behind = (await side.readChanges(ORIGIN, 0))?.to;
    bot.exec(`UPDATE OR REPLACE f SET status = 'open' WHERE id = 12`);
    expect(await changesOf(side, behind)).toEqual({
      f: { keys: ['10', '12'], rows: ['12\t7\topen\td\tR'] },
    });
  });

  it('of a key that only moves within its case, in an index that tells cases apart', async () => {
    const { bot, side } = await capturedFile(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, b TEXT COLLATE NOCASE);
      CREATE UNIQUE INDEX exact ON t (b COLLATE BINARY);
      INSERT INTO t VALUES (1, 'b'), (2, 'B');`);
    bot.exec(`UPDATE OR REPLACE t SET b = 'b' WHERE id = 2`);
    expect(await changesOf(side)).toEqual({ t: { keys: ['1', '2'], rows: ['2\tb'] } });
  });

  it('once for an update that leaves the unique values as they are', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec('UPDATE cards SET power = power + 1');
    const changes = await side.readChanges(ORIGIN, 0);
    expect(changes?.entries).toBe(3);
  });

  it('of a database in UTF-16', async () => {
    const { bot, side } = await capturedFile(`PRAGMA encoding = 'UTF-16le';
      CREATE TABLE t (name TEXT PRIMARY KEY, v TEXT);`);
    bot.prepare('INSERT INTO t VALUES (?, ?)').run('سلام', 'a\\b\n🃏');
    expect(await changesOf(side)).toEqual({
      t: { keys: ['سلام'], rows: ['سلام\ta\\\\b\\n🃏'] },
    });
  });

  it('of everything behind a position, and nothing before it', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec('UPDATE cards SET power = 1 WHERE card_id = 1');
    const first = await side.readChanges(ORIGIN, 0);
    bot.exec('UPDATE cards SET power = 2 WHERE card_id = 2');
    expect(await changesOf(side, first?.to)).toEqual({
      cards: { keys: ['2'], rows: ['2\tSara\t2'] },
    });
    expect(first).toMatchObject({ epoch: 0, entries: 1, hasMore: false });
  });
});

describe('a value that the target cannot hold stops the reading', () => {
  it('naming table, key and column', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec(`UPDATE cards SET power = 'much' WHERE card_id = 2`);
    await expect(changesOf(side)).rejects.toMatchObject({
      code: 'refused',
      message:
        'cards.power of the row with the key (2) has a value that the target cannot hold: text:6D756368',
      details: { table: 'cards', column: 'power', key: ['2'] },
    });
  });

  it.each([
    ['a NUL', Buffer.from('a\0b'), 'text:610062'],
    ['no UTF-8', Buffer.from([0x61, 0xff]), 'text:61FF'],
  ])('which a text with %s is', async (_what, bytes, shown) => {
    const { bot, side } = await capturedFile(CARDS);
    bot.prepare('UPDATE cards SET name = CAST(? AS TEXT) WHERE card_id = 2').run(bytes);
    await expect(changesOf(side)).rejects.toMatchObject({
      code: 'refused',
      details: { table: 'cards', column: 'name', key: ['2'], value: shown },
    });
  });

  it('a backslash and a question mark in a text are none', async () => {
    const { bot, side } = await capturedFile(CARDS);
    bot.exec(`UPDATE cards SET name = '\\?' WHERE card_id = 2`);
    expect(await changesOf(side)).toEqual({ cards: { keys: ['2'], rows: ['2\t\\\\?\t20'] } });
  });

  it('and a NULL that names a row', async () => {
    const { bot, side } = await capturedFile('CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT)');
    bot.exec(`INSERT INTO t VALUES (NULL, 'x')`);
    await expect(changesOf(side)).rejects.toMatchObject({
      code: 'refused',
      details: { table: 't', column: 'a', key: ['NULL'] },
    });
  });
});
