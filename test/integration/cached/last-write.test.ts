import { expect, it } from 'vitest';
import { startRedis } from '../../support/redis.js';
import { openCache } from './support.js';

const NOTE_TTL_MS = 2_000;
const server = await startRedis();
const look = server.look();
const open = async () => {
  const opened = await openCache([server.url], { noteTtlMs: NOTE_TTL_MS });
  // Until a server is older than a note can be, one may have been lost with the server before it.
  await expect
    .poll(() => opened.redis.keptForMs(), { timeout: 10_000 })
    .toBeGreaterThan(NOTE_TTL_MS);
  return opened;
};

it('a last write is known to every bot, and one of a player who did not write is not', async () => {
  const { cache } = await open();
  const other = await open();
  await cache.noteWrite(1n, '0/16B3748');
  expect(await other.cache.lastWrite(1n)).toBe('0/16B3748');
  expect(await other.cache.lastWrite(2n)).toBeNull();
  expect(await look.pttl('player_write:1')).toBeLessThanOrEqual(NOTE_TTL_MS);
});

it('of a server that started lately nobody knows what it was told before', async () => {
  const fresh = await startRedis();
  const { cache } = await openCache([fresh.url]);
  expect(await cache.lastWrite(1n)).toBe('unknown');
});

it('two writes of a player at nearly the same moment are unknown, the same one twice is not', async () => {
  const { cache } = await open();
  const other = await open();
  await Promise.all([cache.noteWrite(3n, '0/10'), other.cache.noteWrite(3n, '0/20')]);
  await cache.noteWrite(4n, '0/30');
  await cache.noteWrite(4n, '0/30');
  expect(await cache.lastWrite(3n)).toBe('unknown');
  expect(await cache.lastWrite(4n)).toBe('0/30');
});

it('a later write replaces the position', async () => {
  const { cache } = await open();
  await cache.noteWrite(5n, '0/10');
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await cache.noteWrite(5n, '0/20');
  expect(await cache.lastWrite(5n)).toBe('0/20');
});

it('a note that Redis refused is unknown at once, and to the others once it takes it', async () => {
  const { cache } = await open();
  const other = await open();
  await look.config('SET', 'maxmemory', '1');
  await cache.noteWrite(6n, '0/10');
  expect(await cache.lastWrite(6n)).toBe('unknown');

  await look.config('SET', 'maxmemory', '0');

  await expect.poll(() => look.get('player_write:6')).toBe('?');
  expect(await other.cache.lastWrite(6n)).toBe('unknown');
});

it('a bot that was refused anything believes no note to be absent, for as long as one lives', async () => {
  const { cache } = await open();
  expect(await cache.lastWrite(8n)).toBeNull();
  await look.config('SET', 'maxmemory', '1');
  expect(await cache.profile(8n, async () => null)).toBeNull();
  await look.config('SET', 'maxmemory', '0');

  expect(await cache.lastWrite(8n)).toBe('unknown');
  await expect.poll(() => cache.lastWrite(8n), { timeout: 10_000 }).toBeNull();
});

it('while Redis is away, and after it came back empty, nobody knows', async () => {
  const own = await startRedis();
  const { cache, redis } = await openCache([own.url], { noteTtlMs: NOTE_TTL_MS });
  await expect.poll(() => redis.keptForMs(), { timeout: 10_000 }).toBeGreaterThan(NOTE_TTL_MS);
  await cache.noteWrite(7n, '0/10');
  expect(await cache.lastWrite(7n)).toBe('0/10');

  await own.crash();
  expect(await cache.lastWrite(7n)).toBe('unknown');
  await own.startAgain();
  await expect.poll(() => redis.client.status, { timeout: 10_000 }).toBe('ready');
  expect(await cache.lastWrite(7n)).toBe('unknown');

  await expect.poll(() => cache.lastWrite(7n), { timeout: 20_000 }).toBeNull();
});
