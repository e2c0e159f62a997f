import Sqlite from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTime, writeTime } from '../../../src/game/time.js';
import type { Reads, Since } from '../../../src/store/reads.js';
import type { StoredTime } from '../../../src/store/rows.js';
import type { Store } from '../../../src/store/store.js';
import { GAMES, type GameInDatabase } from '../../support/game-stores.js';

const ZONE = 'Asia/Tehran';

type PlainRow = Record<string, bigint | string | number | null>;

describe.each(Object.entries(GAMES))('a game is read in %s', (_name, make) => {
  let game: GameInDatabase;
  let store: Store;
  let source: Sqlite.Database;
  const read = <Result>(body: (reads: Reads) => Promise<Result>) => store.read(null, body, 'one');
  const rows = (sql: string, ...values: unknown[]) =>
    source.prepare<unknown[], PlainRow>(sql).all(...values);

  beforeAll(async () => {
    game = await make();
    store = game.open();
    source = new Sqlite(game.sourcePath, { readonly: true });
    source.defaultSafeIntegers(true);
    return () => void source.close();
  });

  it('players, with every time as it was written', async () => {
    const players = rows('SELECT * FROM players ORDER BY user_id');
    const found = [];
    for (const { user_id } of players) found.push(await read((r) => r.player(user_id as bigint)));
    const expected = players.map((row) => ({
      ...row,
      hearts: small(row.hearts),
      lives: small(row.lives),
      total_score: small(row.total_score),
    }));
    expect(found).toEqual(expected);
    expect(await read((r) => r.player(1n))).toBeNull();
  });

  it('cards and what they are set to', async () => {
    const cards = rows('SELECT * FROM cards ORDER BY card_id');
    const found = [];
    for (const { card_id } of cards) found.push(await read((r) => r.card(card_id as string)));
    expect(found).toEqual(cards.map((row) => withNumbers(row, 'power speed iq popularity')));
    expect(await read((r) => r.card('none'))).toBeNull();

    const settings = rows('SELECT * FROM card_cooldown_settings');
    expect(settings.length).toBeGreaterThan(0);
    for (const row of settings) {
      expect(await read((r) => r.cooldownSetting(row.card_id as string))).toEqual({
        ...withNumbers(row, 'win_limit cooldown_hours'),
        enabled: flag(row.enabled),
      });
    }
    expect(await read((r) => r.cooldownSetting('none'))).toBeNull();
  });

  it('the cards that a player has and those that are missing', async () => {
    for (const { user_id } of rows('SELECT user_id FROM players')) {
      const userId = user_id as bigint;
      const owned = rows(
        `SELECT id, user_id, p.card_id, usage_count, is_favorite, name, rarity, power, speed, iq,
                popularity
           FROM player_cards p JOIN cards USING (card_id) WHERE user_id = ? ORDER BY id`,
        userId,
      ).map((row) => ({
        ...withNumbers(row, 'usage_count power speed iq popularity'),
        is_favorite: flag(row.is_favorite),
      }));
      const found = await read((r) => r.ownedCards(userId));
      expect(found.sort((a, b) => Number(a.id - b.id))).toEqual(owned);
      for (const card of found.slice(0, 2)) {
        expect(await read((r) => r.ownedCard(card.id))).toEqual(card);
      }
      const missing = rows(
        `SELECT rarity, card_id AS cardId FROM cards
          WHERE card_id NOT IN (SELECT card_id FROM player_cards WHERE user_id = ?)
          ORDER BY rarity, card_id`,
        userId,
      );
      expect(await read((r) => r.notOwned(userId))).toEqual(missing);
    }
    expect(await read((r) => r.ownedCard(0n))).toBeNull();
    expect(await read((r) => r.ownedCards(1n))).toEqual([]);
  });

  it('cooldowns, fights and how they went', async () => {
    const cooldowns = rows('SELECT * FROM card_cooldowns ORDER BY user_id, card_id');
    expect(cooldowns.length).toBeGreaterThan(0);
    const found = [];
    for (const { user_id } of rows('SELECT user_id FROM players ORDER BY user_id')) {
      const some = await read((r) => r.cooldowns(user_id as bigint));
      found.push(...some.sort((a, b) => (a.card_id < b.card_id ? -1 : 1)));
      const [counts] = rows(
        `SELECT sum(result = 'win') AS wins, sum(result = 'loss') AS losses,
                sum(result = 'tie') AS ties FROM fight_history WHERE user_id = ?`,
        user_id,
      );
      expect((await read((r) => r.profile(user_id as bigint)))?.counts).toEqual(
        withNumbers(counts ?? {}, 'wins losses ties', 0),
      );
    }
    expect(found).toEqual(
      cooldowns.map((row) => ({
        ...withNumbers(row, 'wins_count'),
        is_in_cooldown: flag(row.is_in_cooldown),
      })),
    );
    const fights = rows('SELECT * FROM active_fights');
    expect(fights.some(({ opponent_id }) => opponent_id === 0n)).toBe(true);
    for (const fight of fights) {
      expect(await read((r) => r.fight(fight.fight_id as string))).toEqual(fight);
    }
    expect(await read((r) => r.fight('none'))).toBeNull();
  });

  it('ranks: players with the same score share one', async () => {
    const scores = rows('SELECT total_score FROM players').map((row) => Number(row.total_score));
    for (const score of new Set([...scores, -1, 1e6])) {
      const better = scores.filter((each) => each > score).length;
      expect(await read((r) => r.rank(score))).toBe(better + 1);
    }
  });

  it('the leaderboard of all time', async () => {
    const expected = rows(
      `SELECT user_id, username, first_name, total_score AS score,
              (SELECT count(*) FROM player_cards c WHERE c.user_id = p.user_id) AS cards
         FROM players p ORDER BY total_score DESC, user_id LIMIT 10`,
    ).map((row) => withNumbers(row, 'score cards'));
    expect(await read((r) => r.leaderboard(null, 10))).toEqual(expected);
  });

  it('the leaderboard since a moment, whatever form the times of the fights have', async () => {
    const fights = rows('SELECT user_id, score_gained, fought_at FROM fight_history').map(
      (row) => ({
        userId: row.user_id as bigint,
        score: Number(row.score_gained ?? 0),
        ms: readTime(row.fought_at as StoredTime, ZONE) as number,
      }),
    );
    const moments = fights.filter((_, place) => place % 23 === 0).map(({ ms }) => ms);
    const firstDayHours = [0, 2, 4, 20].map((hours) => Math.min(...moments) + hours * 3_600_000);
    for (const ms of [...moments, ...firstDayHours, 0]) {
      const wholeMs = Math.floor(ms / 1_000) * 1_000;
      const sums = new Map<bigint, number>();
      for (const fight of fights) {
        if (fight.ms < wholeMs) continue;
        sums.set(fight.userId, (sums.get(fight.userId) ?? 0) + fight.score);
      }
      const best = [...sums].sort((a, b) => b[1] - a[1] || Number(a[0] - b[0])).slice(0, 10);
      const found = await read((r) => r.leaderboard(sinceOf(wholeMs), 10));
      expect(found.map((row) => [row.user_id, row.score])).toEqual(best);
    }
    const [first] = await read((r) => r.leaderboard(sinceOf(0), 1));
    const [player] = rows('SELECT * FROM players WHERE user_id = ?', first?.user_id);
    const [cards] = rows(
      'SELECT count(*) AS n FROM player_cards WHERE user_id = ?',
      first?.user_id,
    );
    expect(first).toMatchObject({
      username: player?.username,
      first_name: player?.first_name,
      cards: Number(cards?.n),
    });
  });

  it('several things at one moment, and never two of them without a transaction', async () => {
    const ask = async (reads: Reads) => [await reads.rank(0), await reads.player(1n)];
    const rank = rows('SELECT 1 + count(*) AS n FROM players WHERE total_score > 0');
    expect(await store.read(null, ask)).toEqual([Number(rank[0]?.n), null]);
    await expect(store.read(null, ask, 'one')).rejects.toThrow(/asked for two/);
    expect(await read((r) => r.player(1n))).toBeNull();
  });
});

function sinceOf(ms: number): Since {
  return { iso: writeTime(ms, ZONE).slice(0, 19), unixS: ms / 1_000 };
}

function small(value: unknown): number | null {
  return value === null ? null : Number(value);
}

function flag(value: unknown): boolean | null {
  return value === null ? null : value === 1n;
}

function withNumbers(row: PlainRow, names: string, ifNull: number | null = null) {
  const numbers = names.split(' ').map((name) => [name, small(row[name] ?? null) ?? ifNull]);
  return { ...row, ...Object.fromEntries(numbers) };
}
