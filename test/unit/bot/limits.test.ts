import { expect, test } from 'vitest';
import { createLimiter, TELEGRAM_LIMITS } from '../../../src/bot/outbound/limits.js';

const NONE = { perChatPerSecond: Infinity, perGroupPerMinute: Infinity, perSecond: Infinity };

/** When each of some messages to a chat may be sent, when all are asked for at once. */
function times(limits: typeof NONE, chatIds: readonly number[], nowMs = 5_000): number[] {
  const limiter = createLimiter(limits);
  return chatIds.map((chatId) => Math.round(limiter.reserve(chatId, nowMs)));
}

test('a chat gets three messages at once, and then one a second', () => {
  expect(times(TELEGRAM_LIMITS, Array(6).fill(7))).toStrictEqual([0, 0, 0, 1_000, 2_000, 3_000]);
});

test('a group gets twenty messages, and then one in three seconds', () => {
  const limits = { ...TELEGRAM_LIMITS, perChatPerSecond: Infinity };
  const waits = times(limits, Array(23).fill(-7));
  expect(waits.slice(0, 20)).toStrictEqual(Array(20).fill(0));
  expect(waits.slice(20)).toStrictEqual([3_000, 6_000, 9_000]);
});

test('all chats together get thirty messages, and then thirty a second', () => {
  const waits = times(
    TELEGRAM_LIMITS,
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  expect(waits.slice(0, 30)).toStrictEqual(Array(30).fill(0));
  expect(waits.at(-1)).toBe(1_000);
});

test('a rest gives back what it lasted', () => {
  const limiter = createLimiter(TELEGRAM_LIMITS);
  for (let i = 0; i < 4; i += 1) limiter.reserve(7, 0);
  expect([limiter.reserve(7, 3_500), limiter.reserve(7, 3_500)]).toStrictEqual([0, 0]);
  expect(limiter.reserve(7, 3_500)).toBe(500);
});

test('without limits nothing waits', () => {
  expect(times(NONE, Array(100).fill(-7))).toStrictEqual(Array(100).fill(0));
});
