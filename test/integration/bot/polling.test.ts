import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { startBot } from '../../../src/bot/runtime.js';
import { systemClock } from '../../../src/lib/clock.js';
import { startBotApiDouble, TOKEN } from '../../support/bot/bot-api.js';
import { memoryCache } from '../../support/bot/memory-cache.js';
import { memoryStore } from '../../support/bot/memory-store.js';
import { commandUpdate } from '../../support/bot/updates.js';
import { card } from '../../unit/game/support.js';

async function openPolling(webhookUrl: string) {
  const telegram = await startBotApiDouble();
  telegram.webhookUrl = webhookUrl;
  telegram.delayMs = 5;
  const store = memoryStore('sqlite');
  store.tables.cards.set('c1', card());
  const from = { id: 101, name: 'Negar' };
  telegram.updates.push(
    commandUpdate({ updateId: 1, from, text: '/claim' }),
    commandUpdate({ updateId: 2, from, text: '/help' }),
  );
  const starting = startBot(
    {
      server: 'dev',
      telegram: { token: TOKEN, apiRoot: telegram.url, username: 'cardbot' },
      zone: 'Asia/Tehran',
      updates: { from: 'polling' },
      admin: { host: '127.0.0.1', port: 0 },
      peers: [],
      pictures: {},
    },
    { store, cache: memoryCache(), clock: systemClock, log: pino({ enabled: false }) },
  );
  return { telegram, store, starting };
}

const sent = (calls: { method: string }[]) =>
  calls.filter(({ method }) => method.startsWith('send')).length;

test('updates are fetched, executed and answered; none that waits is dropped', async () => {
  const { telegram, store, starting } = await openPolling('');
  const bot = await starting;
  expect(bot.address).toBeNull();
  await vi.waitUntil(() => sent(telegram.calls) === 2, { timeout: 10_000 });
  await bot.stop();
  expect([...store.ledger].map(([id, { isSent }]) => [id, isSent])).toStrictEqual([[1n, true]]);
  const dropping = telegram.calls.filter(({ payload }) => payload.drop_pending_updates === true);
  expect(dropping).toStrictEqual([]);
  const offsets = telegram.calls
    .filter(({ method }) => method === 'getUpdates')
    .map(({ payload }) => payload.offset);
  expect(offsets.at(-1)).toBe(3);
});

test('a bot with a webhook is not polled: players are served through that', async () => {
  const { telegram, store, starting } = await openPolling('https://cards.example/hook');
  await expect(starting).rejects.toMatchObject({ code: 'refused' });
  expect(telegram.calls.map(({ method }) => method)).toStrictEqual(['getWebhookInfo']);
  expect(store.ledger.size).toBe(0);
});
