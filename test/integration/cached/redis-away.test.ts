import { describe, expect, it } from 'vitest';
import { openRedis } from '../../../src/drivers/redis.js';
import { redisCache } from '../../../src/store/cached/redis-cache.js';
import { atEnd } from '../../support/cleanup.js';
import { startRedis } from '../../support/redis.js';
import { cardsAt, lineAt, openCache, profileAt } from './support.js';

const never = async () => {
  throw new Error('loaded, though it was remembered');
};

/** Every kind of question at once, with what is right now. */
async function askAll(cache: Awaited<ReturnType<typeof openCache>>['cache'], version: number) {
  return Promise.all([
    cache.cards(1n, async () => cardsAt(1n, version)),
    cache.profile(1n, async () => profileAt(1n, version)),
    cache.leaderboard(`b${version}`, async () => [lineAt(1n, version)]),
    cache.rank(version, async () => version),
    cache.lastWrite(1n),
  ]);
}

const right = (version: number) => [
  cardsAt(1n, version),
  profileAt(1n, version),
  [lineAt(1n, version)],
  version,
  'unknown',
];

describe('every call answers with the right value, and never throws', () => {
  it('while Redis was never there', async () => {
    const gone = await startRedis();
    await gone.crash();
    const redis = openRedis([gone.url]);
    const cache = redisCache(redis);
    atEnd(() => redis.close());
    expect(await askAll(cache, 1)).toEqual(right(1));
    await cache.forget([1n]);
    await cache.noteWrite(1n, '0/1');
    expect(await askAll(cache, 2)).toEqual(right(2));
    await expect(redis.untilReady()).rejects.toMatchObject({ code: 'edge' });
    await cache.close();
  });

  it('while Redis is stopped, comes back empty, and is stopped again', async () => {
    const server = await startRedis();
    const { cache, redis } = await openCache([server.url]);
    expect(await askAll(cache, 1)).toEqual(right(1));
    for (let version = 2; version <= 4; version += 2) {
      await server.crash();
      await cache.forget([1n]);
      expect(await askAll(cache, version)).toEqual(right(version));
      await server.startAgain();
      await expect.poll(() => redis.client.status, { timeout: 10_000 }).toBe('ready');
      await cache.forget([1n]);
      expect(await askAll(cache, version + 1)).toEqual(right(version + 1));
    }
  });

  it('while Redis hangs, and after it goes on', async () => {
    const server = await startRedis();
    const { cache } = await openCache([server.url], { commandTimeoutMs: 100 });
    expect(await askAll(cache, 1)).toEqual(right(1));
    process.kill(server.pid(), 'SIGSTOP');
    await cache.forget([1n]);
    expect(await askAll(cache, 2)).toEqual(right(2));
    process.kill(server.pid(), 'SIGCONT');
    expect(await askAll(cache, 2)).toEqual(right(2));
    // The old value is gone for others too, by then.
    const other = await openCache([server.url]);
    await expect
      .poll(() => other.cache.cards(1n, async () => cardsAt(1n, 2)), { timeout: 10_000 })
      .toEqual(cardsAt(1n, 2));
  });

  it('while Redis is full and evicts nothing: what it has is still given and forgotten', async () => {
    const server = await startRedis({ settings: { 'maxmemory-policy': 'noeviction' } });
    const look = server.look();
    const { cache, failures } = await openCache([server.url]);
    await cache.cards(1n, async () => cardsAt(1n, 1));
    await cache.close();
    await look.config('SET', 'maxmemory', '1');

    expect(await cache.cards(1n, never)).toEqual(cardsAt(1n, 1));
    expect(await cache.cards(2n, async () => cardsAt(2n, 1))).toEqual(cardsAt(2n, 1));
    await cache.forget([1n]);
    expect(await look.get('player_cards:1')).toBeNull();
    expect(await askAll(cache, 2)).toEqual(right(2));
    expect(failures[0]).toMatchObject({ code: 'edge', details: { code: 'OOM' } });
  });

  it('when its connections are cut', async () => {
    const server = await startRedis();
    const look = server.look();
    const { cache, redis } = await openCache([server.url]);
    await askAll(cache, 1);
    await look.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await cache.forget([1n]);
    expect(await askAll(cache, 2)).toEqual(right(2));
    await expect.poll(() => redis.client.status, { timeout: 10_000 }).toBe('ready');
    expect(await askAll(cache, 2)).toEqual(right(2));
  });
});

it('a forget that failed is tried until it is done, and until then the key is not trusted', async () => {
  const server = await startRedis();
  const look = server.look();
  const { cache } = await openCache([server.url]);
  await cache.cards(1n, async () => cardsAt(1n, 1));
  await cache.close();
  await look.call('ACL', 'SETUSER', 'default', '-del');

  await cache.forget([1n]);
  expect(await look.get('player_cards:1')).not.toBeNull();
  expect(await cache.cards(1n, async () => cardsAt(1n, 2))).toEqual(cardsAt(1n, 2));
  await look.call('ACL', 'SETUSER', 'default', '+del');

  await expect.poll(() => look.get('player_cards:1'), { timeout: 10_000 }).toBeNull();
});

it('when more players are unforgotten than it can remember, it trusts nothing', async () => {
  const server = await startRedis();
  const look = server.look();
  const { cache } = await openCache([server.url], { forgottenMax: 2 });
  for (const userId of [1n, 2n, 3n, 4n]) await cache.cards(userId, async () => cardsAt(userId, 1));
  await cache.close();
  await look.call('ACL', 'SETUSER', 'default', '-del');

  await cache.forget([1n, 2n, 3n]);

  expect(await cache.cards(3n, async () => cardsAt(3n, 2))).toEqual(cardsAt(3n, 2));
  expect(await cache.cards(4n, async () => cardsAt(4n, 2))).toEqual(cardsAt(4n, 2));
});

it('a hanging Redis is asked three times, then not for a second, then once', async () => {
  const server = await startRedis();
  let nowMs = 0;
  const clock = { now: () => new Date(0), monotonicMs: () => nowMs };
  const { cache, outcomes, failures, redis } = await openCache([server.url], {
    commandTimeoutMs: 100,
    clock,
  });
  let asked = 0;
  const get = redis.client.get.bind(redis.client) as (key: string) => Promise<string | null>;
  Object.assign(redis.client, {
    get: (key: string) => {
      asked += 1;
      return get(key);
    },
  });
  const read = () => cache.cards(1n, async () => cardsAt(1n, 1));
  await read();
  await cache.close();
  asked = 0;
  process.kill(server.pid(), 'SIGSTOP');

  for (let i = 0; i < 10; i += 1) await read();
  expect(asked).toBe(3);
  nowMs = 999;
  await read();
  expect(asked).toBe(3);
  nowMs = 1_000;
  await Promise.all([read(), read(), read()]);
  expect(asked).toBe(4);
  process.kill(server.pid(), 'SIGCONT');
  nowMs = 2_000;
  await read();
  await read();
  expect(asked).toBe(6);
  expect(outcomes.slice(-2)).toEqual(['cards hit', 'cards hit']);
  expect(failures.map(({ code }) => code)).toEqual(['edge']);
});

it('a password is in no error', async () => {
  const password = 'secret-p@ss';
  const server = await startRedis({ settings: { requirepass: password } });
  const url = `redis://:${encodeURIComponent(`${password}x`)}@127.0.0.1:${server.port}`;
  const wrong = openRedis([url], { connectTimeoutMs: 500 });
  atEnd(() => wrong.close());
  const error = await wrong.untilReady().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'edge', details: { code: 'WRONGPASS' } });
  expect(
    JSON.stringify([error, (error as Error).message, String((error as Error).cause)]),
  ).not.toContain('secret');

  const right = openRedis([`redis://:${encodeURIComponent(password)}@127.0.0.1:${server.port}`]);
  atEnd(() => right.close());
  await right.untilReady();
  expect(await right.client.ping()).toBe('PONG');
});
