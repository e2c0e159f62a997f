import { describe, expect, it } from 'vitest';
import { startRedis } from '../../support/redis.js';
import { cardsAt, held, openCache, profileAt } from './support.js';

const server = await startRedis();
const look = server.look();
let lastUser = 100n;
const newUser = () => {
  lastUser += 1n;
  return lastUser;
};
const never = async () => {
  throw new Error('loaded, though it was remembered');
};

describe('a value that was loaded before a write is not put back after it', () => {
  it.each([
    ['by the same bot', true],
    ['by another bot', false],
  ])('when the write was forgotten %s', async (_who, isSame) => {
    const userId = newUser();
    const reader = await openCache([server.url]);
    const writer = isSame ? reader : await openCache([server.url]);
    const old = held(cardsAt(userId, 1));
    const reading = reader.cache.cards(userId, old.load);
    await expect.poll(old.calls).toBe(1);

    await writer.cache.forget([userId]);
    old.release();

    expect(await reading).toEqual(cardsAt(userId, 1));
    await reader.cache.close();
    expect(await look.get(`player_cards:${userId}`)).toBeNull();
    expect(await reader.cache.cards(userId, async () => cardsAt(userId, 2))).toEqual(
      cardsAt(userId, 2),
    );
  });

  it('when another reader has put a new token, or the new value, meanwhile', async () => {
    const userId = newUser();
    const { cache } = await openCache([server.url]);
    const other = await openCache([server.url]);
    const old = held(cardsAt(userId, 1));
    const newer = held(cardsAt(userId, 2));
    const slow = cache.cards(userId, old.load);
    await expect.poll(old.calls).toBe(1);
    await other.cache.forget([userId]);
    const quick = other.cache.cards(userId, newer.load);
    await expect.poll(newer.calls).toBe(1);

    old.release();
    await slow;
    await cache.close();
    expect(await look.get(`player_cards:${userId}`)).toMatch(/^\?/);
    newer.release();
    await quick;
    await other.cache.close();

    expect(await cache.cards(userId, never)).toEqual(cardsAt(userId, 2));
  });

  it('when the token was lost with all of Redis', async () => {
    const userId = newUser();
    const { cache } = await openCache([server.url]);
    const old = held(cardsAt(userId, 1));
    const reading = cache.cards(userId, old.load);
    await expect.poll(old.calls).toBe(1);

    await look.flushall();
    old.release();
    await reading;
    await cache.close();

    expect(await look.get(`player_cards:${userId}`)).toBeNull();
  });
});

it('a reader that comes after a write does not share a load that began before it', async () => {
  const userId = newUser();
  const { cache } = await openCache([server.url]);
  const other = await openCache([server.url]);
  const old = held(cardsAt(userId, 1));
  const before = cache.cards(userId, old.load);
  await expect.poll(old.calls).toBe(1);

  await other.cache.forget([userId]);
  const after = await cache.cards(userId, async () => cardsAt(userId, 2));
  old.release();

  expect(after).toEqual(cardsAt(userId, 2));
  expect(await before).toEqual(cardsAt(userId, 1));
});

it('readers of one bot at the same time share one load, and two bots may each have one', async () => {
  const userId = newUser();
  const { cache } = await openCache([server.url]);
  const other = await openCache([server.url]);
  const load = held(cardsAt(userId, 1));
  const readings = Array.from({ length: 50 }, () => cache.cards(userId, load.load));
  await expect.poll(load.calls).toBe(1);
  const elsewhere = held(cardsAt(userId, 1));
  const there = other.cache.cards(userId, elsewhere.load);
  await expect.poll(elsewhere.calls).toBe(1);

  load.release();
  elsewhere.release();

  expect(await Promise.all([...readings, there])).toEqual(
    Array.from({ length: 51 }, () => cardsAt(userId, 1)),
  );
  expect([load.calls(), elsewhere.calls()]).toEqual([1, 1]);
  await Promise.all([cache.close(), other.cache.close()]);
  expect(await other.cache.cards(userId, never)).toEqual(cardsAt(userId, 1));
});

it('a load that fails fails for its readers, and the next one loads again', async () => {
  const userId = newUser();
  const { cache } = await openCache([server.url]);

  await expect(
    cache.cards(userId, async () => {
      throw new Error('no database');
    }),
  ).rejects.toThrow('no database');

  expect(await cache.cards(userId, async () => cardsAt(userId, 2))).toEqual(cardsAt(userId, 2));
});

it('forgets cards and profile of every player that a write touched, and of no other', async () => {
  const [first, second, third] = [newUser(), newUser(), newUser()];
  const { cache } = await openCache([server.url]);
  for (const userId of [first, second, third]) {
    await cache.cards(userId, async () => cardsAt(userId, 1));
    await cache.profile(userId, async () => profileAt(userId, 1));
  }
  await cache.close();

  await cache.forget([first, second]);

  const kept = await look.mget(
    [first, second, third].flatMap((id) => [`player_cards:${id}`, `player_profile:${id}`]),
  );
  expect(kept.map((value) => value !== null)).toEqual([false, false, false, false, true, true]);
  expect(await cache.profile(third, never)).toEqual(profileAt(third, 1));
  expect(await cache.profile(first, async () => profileAt(first, 2))).toEqual(profileAt(first, 2));
});

it('a player who does not exist is asked for each time', async () => {
  const userId = newUser();
  const { cache } = await openCache([server.url]);

  expect(await cache.profile(userId, async () => null)).toBeNull();
  await cache.close();

  expect(await cache.profile(userId, async () => profileAt(userId, 5))).toEqual(
    profileAt(userId, 5),
  );
});

it('what somebody else wrote under the name is loaded and replaced', async () => {
  const userId = newUser();
  const { cache } = await openCache([server.url]);
  await look.set(`player_cards:${userId}`, '[{"card": "in another form"}]');

  expect(await cache.cards(userId, async () => cardsAt(userId, 1))).toEqual(cardsAt(userId, 1));
  await cache.close();

  expect(await cache.cards(userId, never)).toEqual(cardsAt(userId, 1));
});
