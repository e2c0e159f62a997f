import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { stopOnSignal } from '../../../src/bot/drain.js';
import { commandUpdate } from '../../support/bot/updates.js';
import { openTestBot } from './bots.js';

function claims(count: number) {
  return Array.from({ length: count }, (_, i) =>
    commandUpdate({ updateId: i + 1, from: { id: 100 + i, name: 'Negar' }, text: '/claim' }),
  );
}

/** A gate that updates in the store wait at. */
function closedGate() {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { gate, open };
}

function refusesConnections(address: string): Promise<boolean> {
  const socket = connect(Number(new URL(address).port), '127.0.0.1');
  return once(socket, 'connect').then(
    () => {
      socket.destroy();
      return false;
    },
    () => true,
  );
}

async function inFlight(admin: (method: string, path: string) => Promise<{ body: string }>) {
  const { body } = await admin('GET', '/metrics');
  return Number(/cardbot_updates_in_flight\{[^}]*\} (\d+)/.exec(body)?.[1]);
}

test('updates in flight are finished, their replies sent, and new ones turned away', async () => {
  const { bot, store, telegram, post, admin } = await openTestBot();
  const { gate, open } = closedGate();
  store.gate = gate;
  telegram.delayMs = 50;
  const posts = claims(20).map((update) => post(update));
  await vi.waitUntil(async () => (await inFlight(admin)) === 20);
  const stopping = bot.stop();
  await vi.waitUntil(() => refusesConnections(bot.address!));
  open();
  const answers = await Promise.all(posts);
  expect(answers.map(({ status }) => status)).toStrictEqual(Array(20).fill(200));
  expect(answers.every(({ headers }) => headers.connection === 'close')).toBe(true);
  await stopping;
  const sent = [...store.ledger].filter(([, { isSent }]) => isSent).map(([id]) => Number(id));
  expect(sent.toSorted((a, b) => a - b)).toStrictEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  const chats = telegram.calls.map(({ payload }) => payload.chat_id);
  expect(new Set(chats).size).toBe(chats.length);
});

test('a stopping bot says that it is not ready, and serves until Nginx has left', async () => {
  const { bot, post, admin } = await openTestBot({
    drain: { lingerMs: 60_000, inFlightMs: 15_000, outboxMs: 10_000 },
  });
  const atOnce = new AbortController();
  const stopping = bot.stop(atOnce.signal);
  const { status, body } = await admin('GET', '/readyz');
  expect([status, JSON.parse(body).reasons]).toStrictEqual([503, ['it is shutting down']]);
  const answer = await post(claims(1)[0]!);
  expect([answer.status, answer.headers.connection]).toStrictEqual([200, 'close']);
  atOnce.abort();
  await stopping;
  await expect(post(claims(1)[0]!)).rejects.toThrow();
});

test('an update that does not end in time is cut off, and never answered with 200', async () => {
  const { bot, store, post, admin, lines } = await openTestBot({
    drain: { lingerMs: 0, inFlightMs: 100, outboxMs: 100 },
  });
  const { gate, open } = closedGate();
  store.gate = gate;
  const posting = post(claims(1)[0]!).then(
    ({ status }) => status,
    () => 'cut off',
  );
  await vi.waitUntil(async () => (await inFlight(admin)) === 1);
  await bot.stop();
  expect(await posting).toBe('cut off');
  expect(lines.some((line) => line.includes('were cut off'))).toBe(true);
  open();
});

test('the first signal drains, and the second ends that at once', async () => {
  const { bot, store, post, admin } = await openTestBot({
    drain: { lingerMs: 60_000, inFlightMs: 60_000, outboxMs: 60_000 },
  });
  const { gate, open } = closedGate();
  store.gate = gate;
  const posting = post(claims(1)[0]!).then(
    ({ status }) => status,
    () => 'cut off',
  );
  await vi.waitUntil(async () => (await inFlight(admin)) === 1);
  const signals = new EventEmitter();
  const stopped = stopOnSignal(bot, signals, pino({ enabled: false }));
  signals.emit('SIGTERM', 'SIGTERM');
  expect((await admin('GET', '/readyz')).status).toBe(503);
  signals.emit('SIGTERM', 'SIGTERM');
  await stopped;
  expect(await posting).toBe('cut off');
  open();
});
