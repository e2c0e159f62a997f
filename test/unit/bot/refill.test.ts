import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createRefill } from '../../../src/bot/refill.js';
import { memoryCache } from '../../support/bot/memory-cache.js';
import { memoryStore } from '../../support/bot/memory-store.js';
import { atEnd } from '../../support/cleanup.js';
import { player } from '../game/support.js';

function open() {
  const store = memoryStore();
  const cache = memoryCache();
  for (const user_id of [101n, 202n]) store.tables.players.set(user_id, player({ user_id }));
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const refill = createRefill({ store, cache, zone: 'Asia/Tehran', log });
  atEnd(() => refill.stop());
  return { store, cache, refill, lines };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waitedMs = 0; !isSo() && waitedMs < 5_000; waitedMs += 10) await sleep(10);
}

test('what was forgotten of a player is loaded behind the write, and remembered', async () => {
  const { store, cache, refill } = open();
  await cache.wrote([101n], 'postgres:0/7', [101n]);
  refill.add([101n]);
  await until(() => cache.values.size === 2);
  expect([...cache.values.keys()].sort()).toStrictEqual(['cards 101', 'profile 101']);
  expect(cache.values.get('profile 101')).toMatchObject({ player: { user_id: 101n } });
  expect(new Set(store.readsBehind)).toStrictEqual(new Set(['0/7']));
});

test('a player who was touched many times at once is loaded once', async () => {
  const { store, cache, refill } = open();
  for (let i = 0; i < 20; i += 1) refill.add([101n, 202n]);
  await until(() => cache.values.size === 4);
  expect(cache.values.size).toBe(4);
  expect(store.readsBehind).toHaveLength(4);
});

test('a player who is touched while others are loaded is loaded after them', async () => {
  const { cache, refill } = open();
  refill.add([101n]);
  await until(() => cache.values.has('cards 101'));
  refill.add([202n]);
  await until(() => cache.values.has('cards 202'));
  expect(cache.values.has('profile 202')).toBe(true);
});

test('without Redis nothing is loaded', async () => {
  const { store, cache, refill } = open();
  cache.isAway = true;
  refill.add([101n]);
  await sleep(200);
  expect(store.readsBehind).toStrictEqual([]);
});

test('a load that fails is told of, and ends nothing', async () => {
  const { cache, refill, lines } = open();
  const { profile } = cache;
  cache.profile = () => Promise.reject(new Error('the replica is away'));
  refill.add([101n]);
  await until(() => lines.length > 0);
  expect(lines.join('')).toContain('the replica is away');
  cache.profile = profile;
  refill.add([202n]);
  await until(() => cache.values.has('profile 202'));
  expect(cache.values.has('profile 202')).toBe(true);
});

test('once it is stopped nothing more is loaded', async () => {
  const { store, refill } = open();
  refill.add([101n]);
  await refill.stop();
  refill.add([202n]);
  await sleep(200);
  expect(store.readsBehind).toStrictEqual([]);
});
