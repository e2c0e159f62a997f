import { expect, it } from 'vitest';
import { startRedisCluster } from '../../support/redis.js';
import { cardsAt, held, lineAt, openCache, profileAt } from './support.js';

const nodes = await startRedisCluster();
const urls = nodes.map(({ url }) => url) as [string, ...string[]];
const users = Array.from({ length: 60 }, (_, i) => BigInt(i + 1));
const never = async () => {
  throw new Error('loaded, though it was remembered');
};

it('remembers and forgets players on every node', async () => {
  const { cache } = await openCache(urls);
  const other = await openCache(urls);
  for (const userId of users) {
    await cache.cards(userId, async () => cardsAt(userId, 1));
    await cache.profile(userId, async () => profileAt(userId, 1));
  }
  await cache.close();
  for (const userId of users) {
    expect(await other.cache.cards(userId, never)).toEqual(cardsAt(userId, 1));
    expect(await other.cache.profile(userId, never)).toEqual(profileAt(userId, 1));
  }
  const sizes = await Promise.all(nodes.map((node) => node.look().dbsize()));
  expect(Math.min(...sizes)).toBeGreaterThan(0);

  await cache.forget(users);

  for (const userId of users) {
    expect(await other.cache.cards(userId, async () => cardsAt(userId, 2))).toEqual(
      cardsAt(userId, 2),
    );
  }
});

it('refuses a stale fill', async () => {
  const { cache } = await openCache(urls);
  const other = await openCache(urls);
  const old = held(cardsAt(1_000n, 1));
  const reading = cache.cards(1_000n, old.load);
  await expect.poll(old.calls).toBe(1);
  await other.cache.forget([1_000n]);
  old.release();
  await reading;
  await cache.close();
  expect(await other.cache.cards(1_000n, async () => cardsAt(1_000n, 2))).toEqual(
    cardsAt(1_000n, 2),
  );
});

it('keeps leaderboards, ranks and notes', async () => {
  const { cache, redis } = await openCache(urls, { noteTtlMs: 2_000 });
  await expect.poll(() => redis.keptForMs(), { timeout: 10_000 }).toBeGreaterThan(2_000);
  await cache.leaderboard('all', async () => [lineAt(1n, 9), lineAt(2n, 8)]);
  await cache.close();
  await cache.noteWrite(1n, '0/1');
  expect(await cache.leaderboard('all', never)).toEqual([lineAt(1n, 9), lineAt(2n, 8)]);
  expect(await cache.rank(8, never)).toBe(2);
  expect(await cache.lastWrite(1n)).toBe('0/1');
});

it('answers rightly while a node is gone, and remembers again once it is back', async () => {
  const { cache, redis } = await openCache(urls);
  const readAll = (version: number) =>
    Promise.all(users.map((userId) => cache.cards(userId, async () => cardsAt(userId, version))));
  const right = (version: number) => users.map((userId) => cardsAt(userId, version));
  await cache.forget(users);
  expect(await readAll(3)).toEqual(right(3));
  await cache.close();

  await nodes[1].crash();
  await cache.forget(users);
  expect(await readAll(4)).toEqual(right(4));
  expect(await cache.lastWrite(1n)).toBe('unknown');

  await nodes[1].startAgain();
  await expect
    .poll(
      async () => {
        await readAll(4);
        const found = await Promise.all(
          users.map((userId) => redis.client.get(`player_cards:${userId}`).catch(() => null)),
        );
        return found.filter((text) => text?.startsWith('[')).length;
      },
      { timeout: 30_000, interval: 200 },
    )
    .toBe(users.length);
  expect(await Promise.all(users.map((userId) => cache.cards(userId, never)))).toEqual(right(4));
});
