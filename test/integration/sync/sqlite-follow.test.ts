import { join } from 'node:path';
import type Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { ORIGIN, type Position } from '../../../src/sync/position.js';
import type { Side } from '../../../src/sync/side.js';
import { startProcess } from '../../support/process.js';
import { tempDir } from '../../support/temp-dir.js';
import { transactions, write } from './sqlite-random-writes.js';
import { type CapturedFile, capturedFile, open, openFile, openSide } from './sqlite-support.js';

const RUNS = Number(process.env.CARDCTL_PROPERTY_RUNS ?? 40);

/** Hard to tell rows apart in; STRICT, because a value that does not fit would end the follow. */
const TABLES = `
  CREATE TABLE nocase (k TEXT COLLATE NOCASE NOT NULL PRIMARY KEY, v TEXT UNIQUE) STRICT;
  CREATE TABLE rtrim (k TEXT COLLATE RTRIM NOT NULL PRIMARY KEY, v TEXT) STRICT, WITHOUT ROWID;
  CREATE TABLE untyped (k ANY NOT NULL PRIMARY KEY CHECK (typeof(k) IN ('integer', 'real')), v TEXT) STRICT;
  CREATE TABLE real (k REAL NOT NULL PRIMARY KEY, v INTEGER UNIQUE) STRICT;
  CREATE TABLE partial (id INTEGER PRIMARY KEY, a INTEGER, s TEXT) STRICT;
  CREATE UNIQUE INDEX partial_a ON partial (a) WHERE s = 'abc';
  CREATE TABLE expression (id INTEGER PRIMARY KEY, a TEXT, b INTEGER) STRICT;
  CREATE UNIQUE INDEX expression_a ON expression (lower(a), coalesce(b, 0));
  CREATE TABLE folded (id INTEGER PRIMARY KEY, a TEXT, b TEXT COLLATE NOCASE) STRICT;
  CREATE UNIQUE INDEX folded_a ON folded (a COLLATE NOCASE);
  CREATE UNIQUE INDEX exact_b ON folded (b COLLATE BINARY);
  CREATE TABLE defaults (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'abc' UNIQUE, b INTEGER NOT NULL DEFAULT 1 UNIQUE) STRICT;
  CREATE TABLE pair (a INTEGER NOT NULL, b TEXT COLLATE NOCASE NOT NULL, v TEXT, PRIMARY KEY (b, a), UNIQUE (v, a)) STRICT;
  CREATE TABLE generated (id INTEGER PRIMARY KEY, a TEXT, g TEXT AS (substr(a, 1, 1)) UNIQUE) STRICT;
  INSERT INTO nocase VALUES ('abc', 'x'), ('d', 'y'); INSERT INTO rtrim VALUES ('abc', 'x'), ('d ', 'y');
  INSERT INTO untyped VALUES (1, 'x'), (2.5, 'y'); INSERT INTO real VALUES (1, 1), (2.5, 2);
  INSERT INTO partial VALUES (1, 1, 'abc'), (2, 1, 'x'), (3, 2, 'abc');
  INSERT INTO expression VALUES (1, 'abc', NULL), (2, 'd', 1); INSERT INTO folded VALUES (1, 'abc', 'b'), (2, 'd', 'B');
  INSERT INTO defaults VALUES (5, 'abc', 7), (6, 'd', 1); INSERT INTO pair VALUES (1, 'abc', 'x'), (2, 'abc', 'y');
  INSERT INTO generated (id, a) VALUES (1, 'abc'), (2, 'd');`;

/** A copy of the file as it is, which follows it as if it were another database. */
async function copyOf(game: CapturedFile): Promise<{ side: Side; db: Database.Database }> {
  const path = join(await tempDir(), 'copy.db');
  // Nobody opens the file but SQLite: to close another descriptor would drop the locks of this process.
  game.bot.exec(`VACUUM INTO '${path}'`);
  const side = openSide(openFile(path), game.tables);
  await side.raiseFence(0, 1_000);
  await side.yieldAuthority(1);
  return { side, db: open(path) };
}

/** Follows until nothing is left. The log that is read is of epoch 0, what follows it in 1. */
async function catchUp(from: Side, to: Side, behind: Position): Promise<Position> {
  for (let at = behind; ; ) {
    const changes = await from.readChanges(at, 0);
    if (changes === null) return at;
    await to.apply({ ...changes, epoch: 1 });
    at = changes.to;
  }
}

function contents(db: Database.Database, { tables }: CapturedFile): unknown {
  return tables.map(({ table }) => {
    const columns = table.source.columns.map(({ name }) => `quote("${name}")`);
    const order = columns.map((_, i) => i + 1).join(', ');
    const sql = `SELECT ${columns.join(', ')} FROM "${table.source.name}" ORDER BY ${order}`;
    return [table.source.name, db.prepare(sql).raw().all()];
  });
}

test('whatever is written to one file, the one that follows it comes to hold', {
  timeout: 20_000 + RUNS * 3_000,
}, async () => {
  const seed = Number(process.env.CARDCTL_SEED ?? Date.now() & 0x7fffffff);
  console.log(`sqlite-follow: CARDCTL_SEED=${seed} CARDCTL_PROPERTY_RUNS=${RUNS}`);
  const types = { 'untyped.k': { type: 'double precision' } } as const;
  let differed = 0;
  const property = fc.asyncProperty(transactions, async (given) => {
    const game = await capturedFile(TABLES, types);
    const { side, db } = await copyOf(game);
    const writable = game.tables.map(({ table, columns }) => ({
      name: table.source.name,
      columns: columns.map(({ plan }) => plan.source.name),
    }));
    const before = contents(game.bot, game);
    let at = ORIGIN;
    for (const { writes, commits } of given) {
      game.bot.exec('BEGIN');
      for (const each of writes) write(game.bot, writable, each);
      game.bot.exec(commits ? 'COMMIT' : 'ROLLBACK');
      if (writes.length % 2 === 0) at = await catchUp(game.side, side, at);
    }
    await catchUp(game.side, side, at);
    const after = contents(game.bot, game);
    if (JSON.stringify(after) !== JSON.stringify(before)) differed += 1;
    expect(asReals(contents(db, game))).toEqual(asReals(after));
    for (const each of [game.side, side]) await each.close();
    for (const each of [game.bot, db]) each.close();
  });
  await fc.assert(property, { seed, numRuns: RUNS, interruptAfterTimeLimit: RUNS * 3_000 });
  expect(differed).toBeGreaterThan(RUNS / 4);
});

/** An integer among reals is a real to the target, and comes back as one. */
function asReals(rows: unknown): unknown {
  return JSON.parse(JSON.stringify(rows).replaceAll(/"(-?\d+)\.0"/g, '"$1"'));
}

const PLAYERS = `
  CREATE TABLE players (user_id INTEGER PRIMARY KEY, username TEXT, total_score INTEGER);
  CREATE TABLE fight_history (id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER, what TEXT UNIQUE);
  WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
  INSERT INTO players SELECT i, 'player ' || i, 0 FROM n;`;

const WRITER = `
import sqlite3, sys, random
random.seed(7)
print('ready', flush=True)
for number in range(400):
    db = sqlite3.connect(sys.argv[1])
    with db:
        db.execute('UPDATE players SET total_score = total_score + 1 WHERE user_id = ?', (random.randint(1, 500),))
        db.execute('INSERT OR REPLACE INTO fight_history (user_id, what) VALUES (?, ?)', (number, str(random.randint(1, 60))))
        if number % 50 == 49: db.execute('DELETE FROM players WHERE user_id = ?', (number,))
    db.close()
print('done', flush=True)
`;

it.each(['delete', 'wal'])(
  'a Python bot that writes all the while is followed in %s mode',
  async (mode) => {
    const game = await capturedFile(`PRAGMA journal_mode = ${mode}; ${PLAYERS}`);
    const { side, db } = await copyOf(game);
    const python = startProcess('python3', ['-c', WRITER, game.path], { timeoutMs: 50_000 });
    let hasEnded = false;
    const ended = python.finished.then((result) => {
      hasEnded = true;
      return result;
    });
    let at = ORIGIN;
    let sets = 0;
    while (!hasEnded) {
      const changes = await game.side.readChanges(at, 0);
      if (changes === null) {
        await game.side.changed(100, AbortSignal.timeout(1_000));
        continue;
      }
      await side.apply({ ...changes, epoch: 1 });
      at = changes.to;
      sets += 1;
    }
    expect((await ended).stdout).toBe('ready\ndone\n');
    const last = await game.side.raiseFence(0, 1_000);
    expect(await catchUp(game.side, side, at)).toEqual(last);
    expect(contents(db, game)).toEqual(contents(game.bot, game));
    expect(sets).toBeGreaterThan(1);
  },
);

it('a bot that was killed in the middle of a write is read as it was before it', async () => {
  const game = await capturedFile(PLAYERS);
  const { side, db } = await copyOf(game);
  game.bot.exec(`UPDATE players SET total_score = 5 WHERE user_id = 1`);
  const script = `
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1])
db.execute('PRAGMA cache_size = 1')
db.execute('PRAGMA cache_spill = 1')
db.execute("UPDATE players SET username = username || hex(randomblob(400))")
print('written', flush=True)
time.sleep(60)
`;
  const python = startProcess('python3', ['-c', script, game.path]);
  await python.waitFor(/written/);
  await python.kill('SIGKILL');
  await catchUp(game.side, side, ORIGIN);
  expect(contents(db, game)).toEqual(contents(game.bot, game));
  expect(db.prepare('SELECT * FROM players WHERE user_id = 1').get()).toEqual({
    user_id: 1,
    username: 'player 1',
    total_score: 5,
  });
});
