import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it } from 'vitest';
import { generateGame } from '../../../fixtures/game/generate.js';
import { openTarget, type Target } from '../../../src/drivers/postgres.js';
import { openRedis, type RedisConnection } from '../../../src/drivers/redis.js';
import { systemClock } from '../../../src/lib/clock.js';
import type { ReportEvent } from '../../../src/lib/report.js';
import { type WarmDeps, warm } from '../../../src/steps/warm/index.js';
import { recentPlayers } from '../../../src/steps/warm/recent-players.js';
import { bulkFill } from '../../../src/store/cached/bulk.js';
import { cardsCodec, profileCodec } from '../../../src/store/cached/codec.js';
import type { OwnedCardRow } from '../../../src/store/rows.js';
import { atEnd } from '../../support/cleanup.js';
import { migrateInProcess } from '../../support/migrate.js';
import { createDatabase } from '../../support/postgres.js';
import { type RedisServer, startRedis, startRedisCluster } from '../../support/redis.js';
import { tempDir } from '../../support/temp-dir.js';
import { cardsAt, lineAt, openCache, profileAt } from '../cached/support.js';

const ALWAYS = 100_000;
const never = async () => {
  throw new Error('loaded, though it was to be warm');
};

// More than one batch for each of the connections.
const sourcePath = join(await tempDir(), 'game.db');
generateGame({ path: sourcePath, players: 700, seed: 5, variant: 1 });
const source = new Database(sourcePath, { readonly: true });
source.defaultSafeIntegers();
atEnd(() => void source.close());
let target: Target;

beforeAll(async () => {
  const { url } = await createDatabase();
  await migrateInProcess({
    sourcePath,
    targetUrl: url,
    workDir: await tempDir(),
    options: { verify: false },
  });
  target = openTarget(url);
  atEnd(() => target.close());
});

function depsFor(redis: RedisConnection, changes: Partial<WarmDeps> = {}): WarmDeps {
  return {
    target,
    redis,
    report: () => undefined,
    clock: systemClock,
    signal: new AbortController().signal,
    leaderboards: [{ name: 'week', load: async () => [lineAt(1n, 3)] }],
    ...changes,
  };
}

async function open(urls: readonly [string, ...string[]]): Promise<RedisConnection> {
  const redis = openRedis(urls, { commandTimeoutMs: 5_000 });
  atEnd(() => redis.close());
  await redis.untilReady();
  return redis;
}

describe('every player’s cards and profile are there after it, as the source has them', () => {
  it.each([
    ['one server', async (): Promise<RedisServer[]> => [await startRedis()]],
    ['a cluster', startRedisCluster],
  ])('on %s', async (_kind, start) => {
    const servers = await start();
    const urls = servers.map(({ url }) => url) as [string, ...string[]];
    const events: ReportEvent[] = [];
    const redis = await open(urls);

    const result = await warm(
      { activeDays: ALWAYS, rate: 1e6 },
      depsFor(redis, { report: (event) => void events.push(event) }),
    );

    const known = await recentPlayers(target, query(ALWAYS));
    expect(known.length).toBeGreaterThan(600);
    expect(result.userIds).toEqual(known);
    expect(result.keys).toBe(2 * known.length + 1);
    expect(events.at(-1)).toEqual({
      type: 'progress',
      step: 'warm',
      task: 'players',
      unit: 'keys',
      done: 2 * known.length,
      total: 2 * known.length,
    });
    const { cache } = await openCache(urls);
    for (const userId of known) {
      expect(sorted(await cache.cards(userId, never))).toEqual(sorted(cardsInSource(userId)));
      expect(await cache.profile(userId, never)).toEqual(profileInSource(userId));
    }
    expect(await cache.leaderboard('week', never)).toEqual([lineAt(1n, 3)]);
  });
});

it('run again it leaves what is there, and puts what was forgotten', async () => {
  const server = await startRedis();
  const redis = await open([server.url]);
  await warm({ activeDays: ALWAYS, rate: 1e6 }, depsFor(redis, { leaderboards: [] }));
  const [first] = await recentPlayers(target, query(ALWAYS));
  const { cache } = await openCache([server.url]);
  await cache.forget([first as bigint]);

  const again = await warm({ activeDays: ALWAYS, rate: 1e6 }, depsFor(redis, { leaderboards: [] }));

  expect(again.keys).toBe(2);
});

it('told whom to look for it puts these and nobody else', async () => {
  const server = await startRedis();
  const redis = await open([server.url]);
  const userIds = (await recentPlayers(target, query(ALWAYS))).slice(5, 8);
  const options = { activeDays: ALWAYS, rate: 1e6, userIds };

  const result = await warm(options, depsFor(redis, { leaderboards: [] }));

  expect(result).toMatchObject({ userIds, keys: 2 * userIds.length });
});

it('what was loaded before a write is not put after it', async () => {
  const server = await startRedis();
  const redis = await open([server.url]);
  const { cache } = await openCache([server.url]);
  const fill = bulkFill(redis, Math.random);
  const claimed = await fill.claim([1n, 2n]);
  expect(claimed.userIds).toEqual([1n, 2n]);
  const loaded = [1n, 2n].map((userId) => ({
    userId,
    cards: cardsCodec.encode(cardsAt(userId, 1)),
    profile: profileCodec.encode(profileAt(userId, 1)),
  }));

  await cache.forget([1n]);

  expect(await claimed.fill(loaded)).toBe(2);
  expect(await cache.cards(1n, async () => cardsAt(1n, 2))).toEqual(cardsAt(1n, 2));
  expect(await cache.cards(2n, never)).toEqual(cardsAt(2n, 1));
  await redis.client.del('player_cards:2');
  expect((await fill.claim([1n, 2n])).userIds).toEqual([1n, 2n]);
  expect((await fill.claim([2n, 1n])).userIds).toEqual([]);
});

it('ends at once when it is aborted, and what was put is good', async () => {
  const server = await startRedis();
  const redis = await open([server.url]);
  const abort = new AbortController();
  const board = {
    name: 'week',
    load: async () => {
      // At one key a second, the players would take half an hour.
      setTimeout(() => abort.abort(), 50);
      return [lineAt(1n, 3)];
    },
  };
  await expect(
    warm(
      { activeDays: ALWAYS, rate: 1 },
      depsFor(redis, { signal: abort.signal, leaderboards: [board] }),
    ),
  ).rejects.toMatchObject({ code: 'interrupted' });
  const { cache } = await openCache([server.url]);
  expect(await cache.leaderboard('week', never)).toEqual([lineAt(1n, 3)]);
});

it('says which side failed', async () => {
  const server = await startRedis();
  const redis = await open([server.url]);
  const gone = openTarget('postgresql://u@127.0.0.1:1/none');
  await expect(
    warm({ activeDays: 1, rate: 1e6 }, depsFor(redis, { target: gone })),
  ).rejects.toMatchObject({ code: 'target' });
  await server.crash();
  await expect(warm({ activeDays: 1, rate: 1e6 }, depsFor(redis))).rejects.toMatchObject({
    code: 'edge',
  });
});

describe('the most recently active players come first', () => {
  it('by any of the four times, in any form, within the window, and no later than now', async () => {
    const { url } = await createDatabase();
    const own = openTarget(url);
    atEnd(() => own.close());
    await own.query(`
      CREATE TABLE players (user_id bigint, last_claim text, last_heart_reset text);
      CREATE TABLE player_cards (user_id bigint, obtained_at text);
      CREATE TABLE fight_history (user_id bigint, fought_at text);
      INSERT INTO players VALUES
        (1, '2025-10-10T10:00:00', NULL), (2, NULL, '1760175000'), (3, '', 'soon'), (4, NULL, NULL),
        (5, '2025-10-11T09:00:00Z', '1760000000000'), (6, '2025-09-01T00:00:00', NULL),
        (7, '2999-01-01T00:00:00', '2025-10-08 12:00:00'), (8, '1760090400000', NULL);
      INSERT INTO player_cards VALUES (4, '2025-10-11T10:00:00.5'), (1, '2025-10-01T00:00:00'), (99, '2025-10-11T10:00:00');
      INSERT INTO fight_history VALUES (3, '2025-10-11T08:00:00.000001'), (6, NULL), (NULL, '2025-10-11T08:00:00');
    `);
    const now = new Date('2025-10-12T00:00:00Z');

    expect(await recentPlayers(own, { activeDays: 2, playersMax: 100, now })).toEqual([
      4n,
      2n,
      5n,
      3n,
      1n,
      8n,
    ]);
    expect(await recentPlayers(own, { activeDays: 60, playersMax: 100, now })).toEqual([
      4n,
      2n,
      5n,
      3n,
      1n,
      8n,
      7n,
      6n,
    ]);
    expect(await recentPlayers(own, { activeDays: 60, playersMax: 2, now })).toEqual([4n, 2n]);
  });
});

function query(activeDays: number) {
  return { activeDays, playersMax: 1e6, now: new Date() };
}

function cardsInSource(userId: bigint): OwnedCardRow[] {
  const rows = source
    .prepare(
      `SELECT id, user_id, player_cards.card_id, usage_count, is_favorite,
              name, rarity, power, speed, iq, popularity
       FROM player_cards JOIN cards USING (card_id) WHERE user_id = ?`,
    )
    .all(userId) as Record<string, unknown>[];
  return rows.map((row) => ({
    ...numbered(row, ['usage_count', 'power', 'speed', 'iq', 'popularity']),
    is_favorite: row.is_favorite === null ? null : row.is_favorite === 1n,
  })) as OwnedCardRow[];
}

function profileInSource(userId: bigint) {
  const player = source
    .prepare(
      `SELECT user_id, username, first_name, hearts, lives, total_score,
              CAST(last_heart_reset AS TEXT) AS last_heart_reset,
              CAST(last_lives_reset AS TEXT) AS last_lives_reset,
              CAST(last_claim AS TEXT) AS last_claim, CAST(created_at AS TEXT) AS created_at
       FROM players WHERE user_id = ?`,
    )
    .get(userId) as Record<string, unknown>;
  const count = (result: string) =>
    Number(
      source
        .prepare('SELECT count(*) FROM fight_history WHERE user_id = ? AND result = ?')
        .pluck()
        .get(userId, result),
    );
  return {
    player: numbered(player, ['hearts', 'lives', 'total_score']),
    counts: { wins: count('win'), losses: count('loss'), ties: count('tie') },
  };
}

function numbered(row: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      names.includes(name) && typeof value === 'bigint' ? Number(value) : value,
    ]),
  );
}

function sorted(cards: readonly OwnedCardRow[]): OwnedCardRow[] {
  return [...cards].sort((a, b) => (a.id < b.id ? -1 : 1));
}
