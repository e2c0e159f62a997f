import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { readSchema } from '../../../src/schema/read.js';
import { instantOf } from '../../../src/snapshot/take/instant.js';
import { countRecentUsers, type RecentUsers } from '../../../src/snapshot/take/recent-users.js';
import { atEnd } from '../../support/cleanup.js';

const NOON_S = Date.UTC(2025, 9, 11, 12) / 1_000;
const NOON_MS = NOON_S * 1_000;
/** Nothing is in the future of it. */
const LATER_S = NOON_S + 86_400;

describe('an instant', () => {
  it.each([
    ['2025-10-11T12:00:00', NOON_S, true],
    ['2025-10-11T12:00:00.500000', NOON_S + 0.5, true],
    ['2025-10-11 12:00:00', NOON_S, true],
    ['2025-10-11 12:00:00.250', NOON_S + 0.25, true],
    ['2025-10-11T12:00', NOON_S, true],
    ['2025-10-11', NOON_S - 43_200, true],
    ['2025-10-11T12:00:00Z', NOON_S, false],
    ['2025-10-11T12:00:00.500000Z', NOON_S + 0.5, false],
    ['2025-10-11T15:30:00+03:30', NOON_S, false],
    ['2025-10-11T07:00:00-0500', NOON_S, false],
    [String(NOON_S), NOON_S, false],
    [`${NOON_S}.5`, NOON_S + 0.5, false],
    [String(NOON_MS), NOON_S, false],
    [NOON_S + 0.5, NOON_S + 0.5, false],
    [BigInt(NOON_S), NOON_S, false],
    [NOON_MS, NOON_S, false],
  ])('is read from %s', (value, s, isLocal) => {
    expect(instantOf(value)).toEqual({ s, isLocal });
  });

  it.each(['', 'now', 'yesterday', '2025-13-01', '2025-10-32', '11.10.2025', '2025-10-11T'])(
    'is not read from %j',
    (value) => expect(instantOf(value)).toBeNull(),
  );
});

describe('users active at once', () => {
  it('are those of the last 15 minutes before the newest time, the first second included', () => {
    const found = recent([
      [1, '2025-10-11T12:00:00'],
      [2, '2025-10-11T11:45:00'],
      [3, '2025-10-11T11:44:59.999999'],
      [4, '2025-10-10T12:00:00'],
    ]);
    expect(found).toMatchObject({ users: 2, newestS: NOON_S });
  });

  it('are found in every form of a time', () => {
    const found = recent([
      [1, `${NOON_S}`],
      [2, NOON_S - 60],
      [3, NOON_S - 60.5],
      [4, '2025-10-11T11:55:00Z'],
      [5, '2025-10-11T11:55:00.123456Z'],
      [6, '2025-10-11T15:25:00+03:30'],
      [7, `${NOON_MS - 1_000}`],
      [8, null],
    ]);
    expect(found).toMatchObject({ users: 7, newestS: NOON_S, unreadable: 0 });
  });

  it('are counted once, however often and wherever they did something', () => {
    const found = recent(
      [
        [1, '2025-10-11T12:00:00'],
        [2, '2025-10-11T11:59:00'],
      ],
      [
        [1, '2025-10-11T11:58:00'],
        [1, '2025-10-11T11:57:00'],
        [3, '2025-10-11T11:56:00'],
      ],
    );
    expect(found.users).toBe(3);
    expect(found.columns).toEqual([
      { table: 'seen', user: 'user_id', time: 'at', users: 2 },
      { table: 'done', user: 'user_id', time: 'at', users: 2 },
    ]);
  });

  it('are found by the clock of the bot and by UTC side by side, each with its own newest time', () => {
    const found = recent([
      [1, '2025-10-11T15:30:00'],
      [2, '2025-10-11T15:20:00'],
      [3, '2025-10-11T15:10:00'],
      [4, NOON_S],
      [5, NOON_S - 600],
      [6, NOON_S - 1_200],
    ]);
    expect(found.users).toBe(4);
  });

  it('are not found by a clock that stopped long ago', () => {
    const found = recent([
      [1, '2025-10-11T12:00:00'],
      [2, '2025-10-10T12:00:00Z'],
      [3, NOON_S - 86_400],
    ]);
    expect(found.users).toBe(1);
  });

  it('do not depend on a time in the future, which is counted apart', () => {
    const found = recent([
      [1, '2025-10-11T12:00:00'],
      [2, '9999-12-31T00:00:00'],
      [3, 99_999_999_999],
      [4, '2025-10-11T11:59:00'],
    ]);
    expect(found).toMatchObject({ users: 2, newestS: NOON_S, inFuture: 2 });
  });

  it('do not depend on what is no time, which is counted apart', () => {
    const found = recent([
      [1, '2025-10-11T12:00:00'],
      [2, 'now'],
      [3, ''],
      [4, Buffer.from('2025-10-11T12:00:00')],
    ]);
    expect(found).toMatchObject({ users: 1, unreadable: 3 });
  });

  it('are unknown where there are no times, and no such tables', () => {
    const nobody = { users: 0, newestS: null, unreadable: 0, inFuture: 0 };
    expect(recent([])).toMatchObject(nobody);
    const db = database();
    expect(countRecentUsers(db, readSchema(db), QUERY)).toEqual({ ...nobody, columns: [] });
  });
});

const QUERY = {
  columns: ['seen', 'done'].map((table) => ({ table, user: 'user_id', time: 'at' })),
  windowS: 15 * 60,
  notAfterS: LATER_S,
};

type Seen = [user: number, at: unknown];

function recent(seen: Seen[], done: Seen[] = []): RecentUsers {
  const db = database();
  for (const [table, rows] of Object.entries({ seen, done })) {
    db.exec(`CREATE TABLE ${table} (user_id INTEGER, at)`);
    const insert = db.prepare(`INSERT INTO ${table} VALUES (?, ?)`);
    for (const row of rows) insert.run(...row);
  }
  return countRecentUsers(db, readSchema(db), QUERY);
}

function database(): Database.Database {
  const db = new Database(':memory:');
  db.defaultSafeIntegers(true);
  atEnd(() => void db.close());
  return db;
}
