import { describe, expect, it } from 'vitest';
import { ORIGIN, type Position } from '../../../src/sync/position.js';
import type { ChangeSet } from '../../../src/sync/side.js';
import { NULL_TEXT } from '../../../src/sync/tables/copy-fields.js';
import { type CapturedFile, capturedFile, schemaOf } from './sqlite-support.js';

const GAME = `
  CREATE TABLE players (user_id INTEGER PRIMARY KEY, name TEXT UNIQUE, score REAL, at DATETIME);
  CREATE TABLE fights (id INTEGER PRIMARY KEY AUTOINCREMENT, player INTEGER REFERENCES players);
  CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT);
  CREATE TRIGGER logs AFTER UPDATE ON players BEGIN INSERT INTO log (what) VALUES (NEW.name); END;
  CREATE TRIGGER logs_too AFTER INSERT ON players BEGIN INSERT INTO log (what) VALUES ('new'); END;
  INSERT INTO players VALUES (1, 'Ali', 0.5, '2024-01-01T10:00:00'), (2, 'Sara', 2, NULL);`;

/** A copy of what another database has become the authority of, in epoch 1. */
async function follower(sql = GAME, types = {}): Promise<CapturedFile> {
  const game = await capturedFile(sql, types);
  await game.side.raiseFence(0, 1_000);
  await game.side.yieldAuthority(1);
  return game;
}

const at = (sequence: number): Position => ({ sequence, snapshot: `${sequence}:${sequence}:` });

/** Changes of one table; rows as COPY text, with NULL in place of what stands for it. */
function changes(
  { tables }: CapturedFile,
  name: string,
  keys: string[],
  rows: string[],
  set: Partial<ChangeSet> = {},
): ChangeSet {
  const table = tables.find((each) => each.table.source.name === name);
  if (table === undefined) throw new Error(`no ${name}`);
  const text = rows.map((row) => `${row.replaceAll('NULL', NULL_TEXT)}\n`).join('');
  const changed = {
    table,
    keys: keys.map((key) => key.split('|')),
    rows: Buffer.from(text, 'utf8'),
    rowCount: rows.length,
  };
  return {
    epoch: 1,
    from: ORIGIN,
    to: at(5),
    entries: 1,
    hasMore: false,
    tables: [changed],
    ...set,
  };
}

describe('a copy', () => {
  it('becomes what it is told, together with the position', async () => {
    const game = await follower();
    const rows = ['1\tReza\\n\t1e+22\tNULL', '9007199254740993\tMina\\\\\t-0.25\t2024-01-02'];
    await game.side.apply(changes(game, 'players', ['1', '2', '9007199254740993', '77'], rows));
    expect(
      game.bot.prepare('SELECT *, typeof(score) AS type FROM players').safeIntegers().all(),
    ).toEqual([
      { user_id: 1n, name: 'Reza\n', score: 1e22, at: null, type: 'real' },
      { user_id: 9007199254740993n, name: 'Mina\\', score: -0.25, at: '2024-01-02', type: 'real' },
    ]);
    expect(await game.side.facts()).toMatchObject({
      authority: { store: 'postgres', epoch: 1, moving: false },
      applied: { epoch: 1, position: at(5), isConsistent: true },
      logged: ORIGIN,
    });
  });

  it('takes rows that have swapped a unique value', async () => {
    const game = await follower();
    const rows = ['1\tSara\t0.5\tNULL', '2\tAli\t2\tNULL'];
    await game.side.apply(changes(game, 'players', ['1', '2'], rows));
    expect(game.bot.prepare('SELECT user_id, name FROM players ORDER BY user_id').all()).toEqual([
      { user_id: 1, name: 'Sara' },
      { user_id: 2, name: 'Ali' },
    ]);
  });

  it('takes them in two parts, too: the one in the way comes with the second', async () => {
    const game = await follower();
    const first = { to: at(1), hasMore: true };
    await game.side.apply(changes(game, 'players', ['1'], ['1\tSara\t0.5\tNULL'], first));
    expect((await game.side.facts()).applied).toEqual({
      epoch: 1,
      position: at(1),
      isConsistent: false,
    });
    await expect(game.side.takeAuthority(2, new Map())).rejects.toMatchObject({ code: 'refused' });
    const second = { from: at(1), to: at(2) };
    await game.side.apply(changes(game, 'players', ['2'], ['2\tAli\t2\tNULL'], second));
    expect(game.bot.prepare('SELECT user_id, name FROM players ORDER BY user_id').all()).toEqual([
      { user_id: 1, name: 'Sara' },
      { user_id: 2, name: 'Ali' },
    ]);
    expect((await game.side.facts()).applied?.isConsistent).toBe(true);
  });

  it('takes a row that refers to nothing, as the source does', async () => {
    const game = await follower();
    await game.side.apply(changes(game, 'fights', ['7'], ['7\t0']));
    expect(game.bot.prepare('SELECT * FROM fights').all()).toEqual([{ id: 7, player: 0 }]);
  });

  it.each<[string, Partial<ChangeSet>]>([
    ['of another epoch', { epoch: 0 }],
    ['of the epoch to come', { epoch: 2 }],
    ['that begin elsewhere', { from: at(1) }],
    ['that begin at another snapshot', { from: { sequence: 0, snapshot: '1:1:' } }],
  ])('refuses changes %s, and stays as it is', async (_what, set) => {
    const game = await follower();
    const before = contents(game);
    const set5 = changes(game, 'players', ['1'], [], set);
    await expect(game.side.apply(set5)).rejects.toMatchObject({ code: 'refused' });
    expect(contents(game)).toEqual(before);
    await game.side.apply(changes(game, 'players', ['1'], []));
    expect(contents(game).players).toEqual([before.players?.[1]]);
  });

  it('refuses the same changes a second time', async () => {
    const game = await follower();
    const set = changes(game, 'players', ['1'], []);
    await game.side.apply(set);
    await expect(game.side.apply(set)).rejects.toMatchObject({ code: 'refused' });
  });

  it('refuses what it cannot hold as it is, naming column and values, and stays as it is', async () => {
    const game = await follower(GAME, { 'players.score': { type: 'numeric' } });
    const before = contents(game);
    const rows = ['1\tAli\t0.12345678901234567890123\tNULL'];
    await expect(game.side.apply(changes(game, 'players', ['1'], rows))).rejects.toMatchObject({
      code: 'refused',
      details: {
        table: 'players',
        column: 'score',
        key: ['1'],
        sent: '0.12345678901234567890123',
        found: '0.12345678901234568',
      },
    });
    expect(contents(game)).toEqual(before);
    expect((await game.side.facts()).applied?.position).toEqual(ORIGIN);
  });

  it('takes numbers for the same that are only written in another way', async () => {
    const game = await follower(GAME, { 'players.score': { type: 'numeric' } });
    const rows = ['1\tAli\t0.500\tNULL', '2\tSara\t20.0\tNULL'];
    await game.side.apply(changes(game, 'players', ['1', '2'], rows));
    expect(game.bot.prepare('SELECT score FROM players').pluck().all()).toEqual([0.5, 20]);
  });

  it('refuses what a constraint of SQLite refuses, naming the row', async () => {
    const game = await follower();
    const before = contents(game);
    await expect(
      game.side.apply(changes(game, 'players', ['5'], ['5\tAli\t1\tNULL'])),
    ).rejects.toMatchObject({ code: 'refused', details: { table: 'players', key: ['5'] } });
    expect(contents(game)).toEqual(before);
  });

  it('logs nothing of what it applies, and lets nobody else write meanwhile', async () => {
    const game = await follower();
    await game.side.apply(changes(game, 'players', ['1'], []));
    expect(game.bot.prepare('SELECT * FROM cardctl_change').all()).toEqual([]);
    expect(() => game.bot.exec('DELETE FROM players')).toThrow('copy since the game moved');
  });
});

describe('triggers of the source', () => {
  it('do not do again in a copy what they did in the authority, and are back with the authority', async () => {
    const whole = await capturedFile(GAME);
    const schema = (game: CapturedFile) =>
      new Set(schemaOf(game.bot).map((object) => JSON.stringify(object)));
    const game = await follower();
    const rows = ['1\tSara\t0.5\tNULL', '3\tAli\t2\tNULL'];
    await game.side.apply(changes(game, 'players', ['1', '2', '3'], rows));
    const logged = () => game.bot.prepare('SELECT what FROM log ORDER BY id').pluck().all();
    expect(logged()).toEqual(['new', 'new']);
    await game.side.takeAuthority(2, new Map());
    expect(schema(game)).toEqual(schema(whole));
    game.bot.exec(`UPDATE players SET name = 'Reza' WHERE user_id = 1`);
    expect(logged()).toEqual(['new', 'new', 'Reza']);
    expect((await game.side.readChanges(ORIGIN, 2))?.entries).toBe(2);
  });
});

describe('the authority', () => {
  it('comes with an empty log, under a new epoch, and never issues an id again', async () => {
    const game = await capturedFile(GAME);
    game.bot.exec('INSERT INTO fights VALUES (3, 1); DELETE FROM fights');
    expect(await game.side.nextIds()).toEqual(
      new Map([
        ['players', 3n],
        ['fights', 4n],
        ['log', 3n],
      ]),
    );
    await game.side.raiseFence(0, 1_000);
    await game.side.yieldAuthority(1);
    await game.side.takeAuthority(2, new Map([['fights', 51n]]));
    await game.side.takeAuthority(2, new Map([['fights', 51n]]));
    expect(await game.side.facts()).toMatchObject({
      authority: { store: 'sqlite', epoch: 2, moving: false },
      logged: ORIGIN,
    });
    game.bot.exec('INSERT INTO fights (player) VALUES (1)');
    expect(game.bot.prepare('SELECT id FROM fights').pluck().all()).toEqual([51]);
    expect((await game.side.readChanges(ORIGIN, 2))?.to).toEqual({ sequence: 1, snapshot: null });
    // Below what was issued it never goes.
    await game.side.raiseFence(2, 1_000);
    await game.side.yieldAuthority(3);
    await game.side.takeAuthority(4, new Map([['fights', 5n]]));
    expect((await game.side.nextIds()).get('fights')).toBe(52n);
  });
});

function contents({ bot }: CapturedFile): Record<string, unknown[]> {
  const tables = ['players', 'fights', 'log'];
  return Object.fromEntries(
    tables.map((table) => [table, bot.prepare(`SELECT * FROM ${table}`).all()]),
  );
}
