import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { watchAuthority } from '../../../src/bot/authority.js';
import { createMetrics } from '../../../src/bot/metrics.js';
import { openBotApi } from '../../../src/bot/outbound/api.js';
import { createOutbox } from '../../../src/bot/outbound/outbox.js';
import type { Pictures } from '../../../src/bot/outbound/pictures.js';
import { startSweep } from '../../../src/bot/outbound/sweep.js';
import { systemClock } from '../../../src/lib/clock.js';
import type { Reply } from '../../../src/store/store.js';
import { startBotApiDouble, TOKEN } from '../../support/bot/bot-api.js';
import { memoryStore } from '../../support/bot/memory-store.js';
import { atEnd } from '../../support/cleanup.js';

const NO_LIMITS = {
  perChatPerSecond: Infinity,
  perGroupPerMinute: Infinity,
  perSecond: Infinity,
};

async function openOutbox(pictures: Pictures = {}) {
  const telegram = await startBotApiDouble();
  const store = memoryStore();
  const api = openBotApi({ token: TOKEN, apiRoot: telegram.url });
  atEnd(() => api.close());
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const metrics = createMetrics('fleet');
  const marked: bigint[] = [];
  const outbox = createOutbox({
    ...{ api, store, pictures, limits: NO_LIMITS, clock: systemClock, log, metrics },
    markSent: async (ids) => {
      marked.push(...ids);
      return store.markSent(ids);
    },
  });
  const finish = () => outbox.stop(AbortSignal.timeout(50_000));
  return { telegram, store, outbox, marked, finish, lines, log, metrics };
}

function message(chatId: number, text: string): Reply {
  return { method: 'sendMessage', payload: { chat_id: chatId, text } };
}

const textsTo = (calls: { payload: Record<string, unknown> }[], chatId: number) =>
  calls.filter(({ payload }) => payload.chat_id === chatId).map(({ payload }) => payload.text);

test('replies of one chat are sent one after the other, those of many at once', async () => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  telegram.delayMs = 10;
  const texts = Array.from({ length: 8 }, (_, i) => `text ${i}`);
  for (const [i, text] of texts.entries()) {
    for (const chatId of [1, 2, 3]) outbox.send(BigInt(i * 10 + chatId), [message(chatId, text)]);
  }
  expect(outbox.isBusy(1)).toBe(true);
  await finish();
  for (const chatId of [1, 2, 3]) {
    expect(textsTo(telegram.calls, chatId)).toStrictEqual(texts);
    expect(telegram.atOnceMax.get(chatId)).toBe(1);
  }
  expect(marked).toHaveLength(24);
  expect(new Set(marked).size).toBe(24);
  expect(outbox.isBusy(1)).toBe(false);
});

test('too many requests: the chat waits as long as it is told, in order', async () => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  telegram.failures.push({ status: 429, parameters: { retry_after: 1 } });
  outbox.send(1n, [message(7, 'one')]);
  outbox.send(2n, [message(7, 'two')]);
  await finish();
  expect(textsTo(telegram.calls, 7)).toStrictEqual(['one', 'one', 'two']);
  expect(marked).toStrictEqual([1n, 2n]);
});

test('a wait that is too long is left to the sweep', async () => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  telegram.failures.push({ status: 429, parameters: { retry_after: 3_600 } });
  outbox.send(1n, [message(7, 'one')]);
  outbox.send(2n, [message(7, 'two')]);
  await finish();
  expect(textsTo(telegram.calls, 7)).toStrictEqual(['one', 'two']);
  expect(marked).toStrictEqual([2n]);
});

test('a server error is tried three times in all, and is then left to the sweep', async () => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  atEnd(() => {
    vi.useRealTimers();
  });
  telegram.failures.push(...Array.from({ length: 5 }, () => ({ status: 502 })));
  outbox.send(1n, [message(7, 'one')]);
  while (outbox.isBusy(7)) {
    vi.advanceTimersByTime(1_000);
    await sleep(10);
  }
  await finish();
  expect(textsTo(telegram.calls, 7)).toStrictEqual(['one', 'one', 'one']);
  expect(marked).toStrictEqual([]);
});

test('a connection that breaks is tried three times in all', async () => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  telegram.failures.push({ status: 0 }, { status: 0 });
  outbox.send(1n, [message(7, 'one')]);
  await finish();
  expect(textsTo(telegram.calls, 7)).toStrictEqual(['one', 'one', 'one']);
  expect(marked).toStrictEqual([1n]);
});

test.each([
  [403, 'Forbidden: bot was blocked by the user'],
  [400, 'Bad Request: query is too old and response timeout expired or query ID is invalid'],
  [400, 'Bad Request: message is not modified'],
  [400, 'Bad Request: chat not found'],
])('%i %s is final, and counts as sent', async (status, description) => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  telegram.failures.push({ status, description });
  outbox.send(1n, [message(7, 'one')]);
  await finish();
  expect(textsTo(telegram.calls, 7)).toStrictEqual(['one']);
  expect(marked).toStrictEqual([1n]);
});

test('a wrong token is not final: nothing counts as sent', async () => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  telegram.failures.push({ status: 401, description: 'Unauthorized' });
  outbox.send(1n, [message(7, 'one')]);
  await finish();
  expect(marked).toStrictEqual([]);
});

test('an update counts as sent when all of its replies are, in whatever chats', async () => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  telegram.failures.push({ status: 401 });
  outbox.send(1n, [message(1, 'a'), message(2, 'b')]);
  outbox.send(2n, [message(3, 'c'), message(4, 'd')]);
  outbox.send(3n, []);
  await finish();
  expect(marked.toSorted()).toStrictEqual([2n, 3n]);
});

test('what is under way, or was just sent, is not sent again, however it comes', async () => {
  const { telegram, outbox, finish } = await openOutbox();
  telegram.delayMs = 20;
  outbox.send(1n, [message(7, 'one')]);
  outbox.send(1n, [message(7, 'one')]);
  await vi.waitUntil(() => !outbox.isBusy(7));
  outbox.send(1n, [message(7, 'one')]);
  await finish();
  expect(textsTo(telegram.calls, 7)).toStrictEqual(['one']);
});

test('a message that can no longer be edited is sent anew', async () => {
  const { telegram, outbox, finish } = await openOutbox();
  telegram.failures.push({ status: 400, description: 'Bad Request: message to edit not found' });
  const payload = { chat_id: 7, message_id: 5, text: 'over', parse_mode: 'HTML' };
  outbox.send(1n, [{ method: 'editMessageText', payload }]);
  await finish();
  expect(telegram.calls.map(({ method, payload }) => [method, payload])).toStrictEqual([
    ['editMessageText', payload],
    ['sendMessage', { chat_id: 7, text: 'over', parse_mode: 'HTML' }],
  ]);
});

test('a group that became a supergroup is written to there', async () => {
  const { telegram, outbox, finish, marked } = await openOutbox();
  telegram.failures.push({
    status: 400,
    description: 'Bad Request: group chat was upgraded to a supergroup chat',
    parameters: { migrate_to_chat_id: -1_009 },
  });
  outbox.send(1n, [message(-7, 'one')]);
  await finish();
  expect(textsTo(telegram.calls, -1_009)).toStrictEqual(['one']);
  expect(marked).toStrictEqual([1n]);
});

const PICTURE: Reply = {
  method: 'sendPhoto',
  payload: { chat_id: 7, photo: 'attach://cards/a b.png', caption: 'a card' },
};

test('a picture comes from the CDN where there is one', async () => {
  const { telegram, outbox, finish } = await openOutbox({ cdnBaseUrl: 'https://cdn.example/x/' });
  outbox.send(1n, [PICTURE]);
  await finish();
  expect(telegram.calls.map(({ payload }) => payload.photo)).toStrictEqual([
    'https://cdn.example/x/cards/a%20b.png',
  ]);
});

async function picturesOnDisk(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'pictures-'));
  atEnd(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'a.png'), 'PNG-BYTES');
  return directory;
}

const ON_DISK: Reply = { ...PICTURE, payload: { ...PICTURE.payload, photo: 'attach://a.png' } };

test('a picture is uploaded once, and then sent by its file_id', async () => {
  const { telegram, outbox, finish, store } = await openOutbox({
    directory: await picturesOnDisk(),
  });
  outbox.send(1n, [ON_DISK]);
  outbox.send(2n, [ON_DISK]);
  await finish();
  const [first, second] = telegram.calls;
  expect(first?.payload.form).toContain('PNG-BYTES');
  expect(second?.payload).toMatchObject({ photo: 'large', caption: 'a card' });
  expect([...store.fileIds]).toStrictEqual([['a.png', 'large']]);
});

test('a file_id that is no longer valid is replaced by a new upload', async () => {
  const { telegram, outbox, finish, store } = await openOutbox({
    directory: await picturesOnDisk(),
  });
  store.fileIds.set('a.png', 'stale');
  telegram.failures.push({ status: 400, description: 'Bad Request: wrong file identifier' });
  outbox.send(1n, [ON_DISK]);
  await finish();
  expect(telegram.calls.map(({ payload }) => payload.photo ?? 'upload')).toStrictEqual([
    'stale',
    'upload',
  ]);
  expect(store.fileIds.get('a.png')).toBe('large');
});

test.each([
  'attach://gone.png',
  'attach://../../../../../../etc/hostname',
  'attach:///etc/hostname',
])('without a picture (%s) the text comes alone', async (photo) => {
  const { telegram, outbox, finish, marked } = await openOutbox({
    directory: await picturesOnDisk(),
  });
  outbox.send(1n, [{ ...PICTURE, payload: { ...PICTURE.payload, photo } }]);
  await finish();
  expect(telegram.calls.map(({ method, payload }) => [method, payload])).toStrictEqual([
    ['sendMessage', { chat_id: 7, text: 'a card' }],
  ]);
  expect(marked).toStrictEqual([1n]);
});

test('what a process left unsent is swept up, where writes are and nowhere else', async () => {
  const { telegram, store, outbox, finish, log, metrics, marked } = await openOutbox();
  const authority = watchAuthority(store, { log, metrics });
  atEnd(() => authority.stop());
  const entry = (text: string, ageMs: number, isSent: boolean) => ({
    ...{ replies: [message(7, text)], isSent, atMs: Date.now() - ageMs },
  });
  store.ledger.set(1n, entry('left', 100_000, false));
  store.ledger.set(2n, entry('sent', 100_000, true));
  store.ledger.set(3n, entry('young', 1_000, false));

  store.authorityNow = { store: 'sqlite', epoch: 2, moving: false };
  await authority.refresh();
  await startSweep({ store, authority, outbox, log }).stop();
  expect(outbox.isBusy(7)).toBe(false);

  store.authorityNow = { store: 'postgres', epoch: 3, moving: false };
  await authority.refresh();
  await startSweep({ store, authority, outbox, log }).stop();
  await finish();
  expect(textsTo(telegram.calls, 7)).toStrictEqual(['left']);
  expect(marked).toStrictEqual([1n]);
});

test('what is not sent when the time is over stays in the ledger', async () => {
  const { telegram, outbox, marked } = await openOutbox();
  telegram.delayMs = 5_000;
  outbox.send(1n, [message(7, 'one')]);
  await vi.waitUntil(() => telegram.calls.length === 1);
  await outbox.stop(AbortSignal.abort());
  expect(marked).toStrictEqual([]);
});
