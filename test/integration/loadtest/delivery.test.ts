import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import {
  type DeliveryOptions,
  type Outgoing,
  startDelivery,
} from '../../../src/loadtest/delivery.js';
import { messageKey } from '../../../src/loadtest/order.js';
import { spreadOver } from '../../../src/loadtest/spread.js';
import { atEnd } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';
import { type Behaviour, startWebhookBot, type WebhookBot } from './webhook-bot.js';

/** Two chats, three updates each, ids rising by one. */
const TWO_CHATS = [
  [1, 71],
  [2, 72],
  [3, 71],
  [4, 72],
  [5, 71],
  [6, 72],
] as const;

const ok: Behaviour = ({ response }) => void response.end();

describe('delivery', () => {
  test('a 500 is tried again until it is a 200, and holds back its own chat only', async () => {
    const bot = await startWebhookBot(({ attempt, number, response }) => {
      response.statusCode = attempt.updateId === 1 && number < 4 ? 500 : 200;
      response.end();
    });
    const { told, drained } = deliver([bot], TWO_CHATS);
    await drained();
    expect(told.failed).toEqual(['1 status 500', '1 status 500', '1 status 500']);
    expect(acknowledgedAttempts(told)).toEqual({ 1: 4, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1 });
    expect(attemptsOf(bot, 71)).toEqual([1, 1, 1, 1, 3, 5]);
    expect(attemptsOf(bot, 72)).toEqual([2, 4, 6]);
  });

  test('a retry posts the same bytes', async () => {
    const bot = await startWebhookBot(({ number, response }) => {
      response.statusCode = number === 1 ? 502 : 200;
      response.end();
    });
    const { drained } = deliver([bot], [[1, 71]]);
    await drained();
    expect(bot.attempts[1]).toEqual(bot.attempts[0]);
  });

  test('a connection that is reset is tried again', async () => {
    const bot = await startWebhookBot(({ attempt, number, response }) => {
      if (attempt.updateId === 3 && number < 3) response.socket?.resetAndDestroy();
      else response.end();
    });
    const { told, drained } = deliver([bot], TWO_CHATS);
    await drained();
    expect(told.failed).toEqual(['3 connection ECONNRESET', '3 connection ECONNRESET']);
    expect(acknowledgedAttempts(told)).toEqual({ 1: 1, 2: 1, 3: 3, 4: 1, 5: 1, 6: 1 });
    expect(attemptsOf(bot, 71)).toEqual([1, 3, 3, 3, 5]);
  });

  test('a bot that hangs is given up on after the timeout, and asked again', async () => {
    const bot = await startWebhookBot(({ attempt, number, response }) => {
      if (attempt.updateId === 1 && number < 3) return;
      response.end();
    });
    const { told, drained } = deliver([bot], TWO_CHATS, { timeScale: 0.02 });
    await drained();
    expect(told.failed).toEqual(['1 timeout', '1 timeout']);
    expect(acknowledgedAttempts(told)).toEqual({ 1: 3, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1 });
    expect(attemptsOf(bot, 71)).toEqual([1, 1, 1, 3, 5]);
  });

  test('a 200 after the timeout does not count: the update is acknowledged once, later', async () => {
    const bot = await startWebhookBot(async ({ attempt, number, response }) => {
      if (attempt.updateId === 1 && number === 1) await sleep(1_500);
      response.end();
    });
    const { told, drained } = deliver([bot], TWO_CHATS, { timeScale: 0.02 });
    await drained();
    await sleep(1_500);
    expect(told.failed).toEqual(['1 timeout']);
    expect(told.acknowledged.filter((line) => line.startsWith('1 '))).toEqual(['1 after 2']);
  });

  test('a 200 whose body never ends is a timeout', async () => {
    const bot = await startWebhookBot(({ number, response }) => {
      if (number === 1) response.write('{');
      else response.end();
    });
    const { told, drained } = deliver([bot], [[1, 71]], { timeScale: 0.02 });
    await drained();
    expect(told).toMatchObject({ failed: ['1 timeout'], acknowledged: ['1 after 2'] });
  });

  test('a bot that is down for a while gets everything once it is back, in order', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/hook`;
    const { told, drained } = deliver([{ url }], TWO_CHATS, { timeScale: 0.005 });
    await sleep(100);
    expect(told.acknowledged).toEqual([]);
    const bot = await startWebhookBot(ok, port);
    await drained();
    expect(new Set(told.failed)).toEqual(
      new Set(['1 connection ECONNREFUSED', '2 connection ECONNREFUSED']),
    );
    expect([attemptsOf(bot, 71), attemptsOf(bot, 72)]).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
  });

  test('an update that is too old is given up, and the next of its chat follows', async () => {
    const bot = await startWebhookBot(({ attempt, response }) => {
      response.statusCode = attempt.updateId === 1 ? 500 : 200;
      response.end();
    });
    const dayAgoMs = systemClock.monotonicMs() - 24 * 3_600_000;
    const { told, drained } = deliver([bot], TWO_CHATS, { dueMs: dayAgoMs });
    await drained();
    expect(told.givenUp).toEqual([1]);
    expect(attemptsOf(bot, 71)).toEqual([1, 3, 5]);
  });

  test('no more posts are in flight than connections, over all targets', async () => {
    let [open, openMax] = [0, 0];
    const slow: Behaviour = async ({ response }) => {
      open += 1;
      openMax = Math.max(open, openMax);
      await sleep(5);
      open -= 1;
      response.end();
    };
    const bots = [await startWebhookBot(slow), await startWebhookBot(slow)];
    const chats = Array.from({ length: 40 }, (_, index) => [index + 1, 100 + index] as const);
    const { drained } = deliver(bots, chats, { connectionsMax: 4 });
    await drained();
    expect(openMax).toBe(4);
  });

  test('each post carries the secret, and is on record before it is posted', async () => {
    const recorded = new Set<number>();
    const unrecorded: number[] = [];
    const bot = await startWebhookBot(({ attempt, response }) => {
      if (!recorded.has(attempt.updateId)) unrecorded.push(attempt.updateId);
      response.end();
    });
    const { drained } = deliver([bot], TWO_CHATS, {}, (updates) => {
      for (const { updateId } of updates) recorded.add(updateId);
    });
    await drained();
    expect(recorded).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    expect(unrecorded).toEqual([]);
    expect(new Set(bot.attempts.map(({ secret }) => secret))).toEqual(new Set(['s3cret']));
  });

  test('targets get their share by weight, and the stack is read from the answer', async () => {
    const stackOf = (stack: string): Behaviour => {
      return ({ response }) => void response.setHeader('x-cardctl-stack', stack).end();
    };
    const bots = [
      await startWebhookBot(stackOf('legacy')),
      await startWebhookBot(stackOf('fleet')),
    ];
    const chats = Array.from({ length: 40 }, (_, index) => [index + 1, 100 + index] as const);
    const targets = bots.map(({ url }, index) => ({ url, weight: index === 0 ? 3 : 1 }));
    const { told, drained } = deliver(targets, chats);
    await drained();
    expect(bots.map(({ attempts }) => attempts.length)).toEqual([30, 10]);
    expect(told.stacks.sort()).toEqual([...Array(10).fill('fleet'), ...Array(30).fill('legacy')]);
  });

  test('stopping leaves what is not acknowledged, oldest first', async () => {
    const bot = await startWebhookBot(({ attempt, response }) => {
      if (attempt.from === 72) response.end();
    });
    const { told, delivery } = deliver([bot], TWO_CHATS);
    while (told.acknowledged.length < 3) await sleep(5);
    expect(delivery.backlog).toBe(3);
    const left = await delivery.stop();
    expect(left.map(({ updateId }) => updateId)).toEqual([1, 3, 5]);
    expect(told.failed).toEqual([]);
  });
});

interface Told {
  acknowledged: string[];
  failed: string[];
  givenUp: number[];
  stacks: (string | undefined)[];
}

function deliver(
  targets: readonly { url: string; weight?: number }[],
  updates: readonly (readonly [updateId: number, chatId: number])[],
  options: Partial<DeliveryOptions> & { dueMs?: number } = {},
  sending: (updates: readonly Outgoing[]) => void = () => {},
) {
  const told: Told = { acknowledged: [], failed: [], givenUp: [], stacks: [] };
  const delivery = startDelivery(
    {
      spread: spreadOver(targets.map(({ url, weight = 1 }) => ({ url, weight }))),
      secretToken: 's3cret',
      connectionsMax: 40,
      // A bot on a busy machine has 3 s to answer.
      timeScale: 0.05,
      ...options,
    },
    {
      sending,
      acknowledged: ({ updateId }, attempts, { stack }) => {
        told.acknowledged.push(`${updateId} after ${attempts}`);
        told.stacks.push(stack);
      },
      failed: ({ updateId }, kind) => void told.failed.push(`${updateId} ${kind}`),
      givenUp: ({ updateId }) => void told.givenUp.push(updateId),
    },
    systemClock,
  );
  atEnd(async () => void (await delivery.stop()));
  const dueMs = options.dueMs ?? systemClock.monotonicMs();
  delivery.deliver(
    updates.map(([updateId, chatId]) => ({
      updateId,
      dueMs,
      orderKey: messageKey(chatId),
      body: () => JSON.stringify({ update_id: updateId, message: { chat: { id: chatId } } }),
    })),
  );
  return { told, delivery, drained: () => delivery.drained(AbortSignal.timeout(20_000)) };
}

function acknowledgedAttempts({ acknowledged }: Told): Record<string, number> {
  return Object.fromEntries(
    acknowledged.map((line) => line.split(' after ')).map(([id, times]) => [id, Number(times)]),
  );
}

function attemptsOf({ attempts }: WebhookBot, chatId: number): number[] {
  return attempts.filter(({ from }) => from === chatId).map(({ updateId }) => updateId);
}
