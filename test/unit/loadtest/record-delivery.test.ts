import { expect, test } from 'vitest';
import type { BotApi } from '../../../src/loadtest/bot-api.js';
import { createCrowd } from '../../../src/loadtest/crowd.js';
import { createDice } from '../../../src/loadtest/dice.js';
import type { Ledger } from '../../../src/loadtest/ledger.js';
import { completeOptions } from '../../../src/loadtest/options.js';
import { recordDelivery } from '../../../src/loadtest/record-delivery.js';
import { createTally } from '../../../src/loadtest/tally.js';
import { FakeClock } from '../cli/helpers.js';

test('latency counts from the intended start, so that a queue shows', () => {
  const { crowd, events, clock, tally } = start();
  const [first, second] = [crowd.act(0), crowd.act(100)];
  events.sending([first]);
  clock.ms = 6_000;
  events.acknowledged(first, 1, { stack: 'legacy', byForeign: false, body: '' });
  events.sending([second]);
  clock.ms = 6_010;
  events.acknowledged(second, 1, { stack: 'fleet', byForeign: false, body: '' });
  expect(tally).toMatchObject({ sent: 2, acknowledged: 2, late: 2 });
  expect(Object.fromEntries(tally.stacks)).toEqual({ legacy: 1, fleet: 1 });
  // The second waited from 100 on, though it was answered 10 ms after it was posted.
  expect(Math.round(tally.latencies.percentileMs(1) / 10)).toBe(591);
});

test('an update that was given up was slow, not absent', () => {
  const { crowd, events, clock, tally } = start();
  const update = crowd.act(0);
  events.sending([update]);
  clock.ms = 90_000;
  events.failed(update, 'timeout');
  events.givenUp(update);
  expect(tally.givenUp).toBe(1);
  expect(Math.round(tally.latencies.maxMs() / 1_000)).toBe(90);
  expect(Object.fromEntries(tally.errors)).toEqual({ timeout: 1 });
});

test('a ledger that cannot be written is told, not thrown into the delivery', () => {
  const full = new Error('ENOSPC');
  const { crowd, events, broken } = start(() => {
    throw full;
  });
  const update = crowd.act(0);
  events.sending([update]);
  events.acknowledged(update, 1, { stack: undefined, byForeign: true, body: '' });
  expect(broken).toEqual([full, full]);
});

function start(write: () => void = () => {}) {
  const clock = new FakeClock();
  const tally = createTally();
  const broken: unknown[] = [];
  let messageId = 0;
  const options = completeOptions({
    users: 10,
    ratePerSecond: 1,
    durationSeconds: 1,
    targets: [{ url: 'http://127.0.0.1/', weight: 1 }],
    secretToken: 's3cret',
    botApi: { port: 0, token: '1:a' },
    ledgerPath: '',
    firstUpdateId: 1,
  });
  const nextMessageId = () => {
    messageId += 1;
    return messageId;
  };
  const crowd = createCrowd(options, nextMessageId, { dice: createDice(1), clock });
  const ledger: Ledger = { sent: write, acknowledged: write, close: write };
  const events = recordDelivery({
    tally,
    crowd,
    botApi: {} as BotApi,
    ledger,
    clock,
    onBroken: (error) => void broken.push(error),
  });
  return { clock, tally, crowd, events, broken };
}
