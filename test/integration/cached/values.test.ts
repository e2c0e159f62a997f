import { expect, it } from 'vitest';
import { startRedis } from '../../support/redis.js';
import { cardsAt, held, lineAt, openCache, profileAt } from './support.js';

const server = await startRedis();
const look = server.look();
const never = async () => {
  throw new Error('loaded, though it was remembered');
};

it('values expire after 300 s and leaderboards after 30 s, each within ±10%, and not all at once', async () => {
  const { cache } = await openCache([server.url]);
  const users = Array.from({ length: 40 }, (_, i) => BigInt(1_000 + i));
  for (const userId of users) {
    await cache.cards(userId, async () => cardsAt(userId, 1));
    await cache.leaderboard(`b${userId}`, async () => [lineAt(userId, 1)]);
  }
  await cache.close();

  const ttls = await Promise.all(users.map((id) => look.pttl(`player_cards:${id}`)));
  const boardTtls = await Promise.all(users.map((id) => look.pttl(`leaderboard:b${id}`)));

  // Some of it has passed already.
  expect(Math.min(...ttls)).toBeGreaterThan(270_000 - 20_000);
  expect(Math.max(...ttls)).toBeLessThanOrEqual(330_000);
  expect(Math.max(...ttls) - Math.min(...ttls)).toBeGreaterThan(10_000);
  expect(Math.min(...boardTtls)).toBeGreaterThan(27_000 - 20_000);
  expect(Math.max(...boardTtls)).toBeLessThanOrEqual(33_000);
});

it.each([
  [0, 270_000],
  [0.5, 300_000],
  [0.999_999_9, 330_000],
])('a jitter of %d expires after %d ms', async (random, ttlMs) => {
  const userId = BigInt(ttlMs);
  const { cache } = await openCache([server.url], { random: () => random });
  await cache.cards(userId, async () => cardsAt(userId, 1));
  await cache.close();
  const at = Number(await look.call('PEXPIRETIME', `player_cards:${userId}`));
  const [seconds, us] = await look.time();
  const nowMs = Number(seconds) * 1_000 + Math.floor(Number(us) / 1_000);
  expect(at - nowMs).toBeLessThanOrEqual(ttlMs);
  expect(at - nowMs).toBeGreaterThan(ttlMs - 20_000);
});

it('a value is JSON under the name of the player, with ids as strings', async () => {
  const { cache, outcomes } = await openCache([server.url]);
  const userId = 9_007_199_254_740_995n;
  await cache.cards(userId, async () => cardsAt(userId, 3));
  await cache.close();

  const json = JSON.parse((await look.get('player_cards:9007199254740995')) ?? '') as unknown[];

  expect(json).toEqual([
    {
      ...cardsAt(userId, 3)[0],
      id: '9007199254740993',
      user_id: '9007199254740995',
    },
  ]);
  expect(await cache.cards(userId, never)).toEqual(cardsAt(userId, 3));
  expect(outcomes).toEqual(['cards miss', 'cards hit']);
});

it('a profile comes back with every form of time', async () => {
  const { cache } = await openCache([server.url]);
  await cache.profile(7n, async () => profileAt(7n, 12));
  await cache.close();
  expect(await cache.profile(7n, never)).toEqual(profileAt(7n, 12));
});

it('a leaderboard comes back in its order, equal scores too, and one without lines as well', async () => {
  const { cache } = await openCache([server.url]);
  const ties = [5n, 3n, 4n, 9n, 8n, 10n, 7n, 6n, 15n, 13n, 14n, 12n].map((id) => lineAt(id, 90));
  const rows = [...ties, lineAt(1n, 7), lineAt(2n, -3)];
  await cache.leaderboard('week', async () => rows);
  await cache.leaderboard('month', async () => []);
  await cache.close();

  expect(await cache.leaderboard('week', never)).toEqual(rows);
  expect(await cache.leaderboard('month', never)).toEqual([]);
  expect(await look.zrange('leaderboard:week', 0, '-1', 'WITHSCORES')).toEqual(
    expect.arrayContaining(['end', '-inf', '90', '7', '-3']),
  );
});

it('a leaderboard that is loaded again holds the new lines alone', async () => {
  const { cache } = await openCache([server.url]);
  await cache.leaderboard('again', async () => [lineAt(1n, 5), lineAt(2n, 4)]);
  await cache.close();
  await look.zremrangebyscore('leaderboard:again', '-inf', '-inf');

  await cache.leaderboard('again', async () => [lineAt(2n, 9)]);
  await cache.close();

  expect(await cache.leaderboard('again', never)).toEqual([lineAt(2n, 9)]);
});

it('readers of one leaderboard share one load', async () => {
  const { cache } = await openCache([server.url]);
  const { load, release, calls } = held([lineAt(1n, 5)]);
  const readings = Array.from({ length: 20 }, () => cache.leaderboard('shared', load));
  await expect.poll(calls).toBe(1);
  release();
  expect(await Promise.all(readings)).toEqual(Array.from({ length: 20 }, () => [lineAt(1n, 5)]));
  expect(calls()).toBe(1);
});

it('a rank is told from the leaderboard down to its last line, and is loaded below it', async () => {
  const { cache, outcomes } = await openCache([server.url]);
  await cache.leaderboard('all', async () => [lineAt(1n, 50), lineAt(2n, 40), lineAt(3n, 40)]);
  await cache.close();
  outcomes.length = 0;

  const told = await Promise.all([60, 50, 45, 40].map((score) => cache.rank(score, never)));
  const loaded = await cache.rank(39, async () => 17);
  await cache.close();
  const remembered = await cache.rank(39, never);

  expect(told).toEqual([1, 1, 2, 2]);
  expect([loaded, remembered]).toEqual([17, 17]);
  expect(outcomes.map((outcome) => outcome.slice('rank '.length))).toEqual([
    'hit',
    'hit',
    'hit',
    'hit',
    'miss',
    'hit',
  ]);
});
