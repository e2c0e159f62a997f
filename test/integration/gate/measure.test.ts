import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { startBotApi } from '../../../src/loadtest/bot-api.js';
import { measureGate } from '../../../src/steps/gate/measure.js';
import { scrapeBots } from '../../../src/steps/gate/sources/bots.js';
import { readWebhookInfo } from '../../../src/steps/gate/sources/webhook-info.js';
import { TOKEN } from '../../support/bot/bot-api.js';
import { commandUpdate } from '../../support/bot/updates.js';
import { atEnd } from '../../support/cleanup.js';
import { openTestBot, type TestBot } from '../bot/bots.js';

const LIMITS = {
  errorRate: 0.01,
  p99Ms: 2_500,
  lagMs: 1_000,
  pendingUpdates: 100,
  updateAgeS: 60,
  hitRate: 0.1,
  samplesMin: 300,
};

/** Two bots of the fleet, players who play without a pause, and Telegram. */
async function openStage() {
  const bots = [await openTestBot(), await openTestBot()];
  const info = { url: 'https://bot.example.org/', pendingUpdates: 2, connectionsMax: 40 };
  const telegram = await startBotApi(
    { port: 0, token: TOKEN },
    {
      clock: systemClock,
      roll: Math.random,
      webhookInfo: () => ({ ...info, lastError: undefined }),
      onCall: () => undefined,
    },
  );
  atEnd(() => telegram.close());
  let isPlaying = true;
  const playing = Promise.all(
    bots.map((bot, i) => play(bot, 1_000_000 * (i + 1), () => isPlaying)),
  );
  const stop = async () => {
    isPlaying = false;
    await playing;
  };
  atEnd(stop);
  const servers = bots.map(({ bot }, i) => ({
    name: `fleet-${i + 1}`,
    stack: 'fleet' as const,
    address: `10.0.1.1${i}:8443`,
    adminUrl: bot.adminAddress,
  }));
  const measure = (holdSeconds: number) =>
    measureGate(
      {
        sources: {
          metrics: (signal) =>
            scrapeBots({ servers, stack: 'fleet', token: 'admin-token' }, signal),
          webhook: (signal) =>
            readWebhookInfo({ token: TOKEN, apiRoot: telegram.url, clock: systemClock }, signal),
          edge: null,
          lag: async () => ({ lagMs: 3, ageMs: 1 }),
          parity: async () => ({ differences: 0, rows: 12 }),
        },
        limits: LIMITS,
        stack: 'fleet',
        holdSeconds,
        pollMs: 100,
      },
      { report: () => undefined, clock: systemClock, signal: new AbortController().signal },
    );
  return { bots, measure, stop };
}

async function play(bot: TestBot, firstId: number, isPlaying: () => boolean): Promise<void> {
  const from = { id: 101, name: 'Negar' };
  await bot.post(commandUpdate({ updateId: firstId, from, text: '/start', dateS: nowS() }));
  for (let updateId = firstId + 1; isPlaying(); updateId++) {
    const text = updateId % 2 === 0 ? '/profile' : '/claim';
    await bot.post(commandUpdate({ updateId, from, text, dateS: nowS() }));
    await sleep(1);
  }
}

function nowS(): number {
  return Math.floor(Date.now() / 1_000);
}

it('bots that serve their players pass, by what they count and Telegram says', async () => {
  const { measure } = await openStage();
  const { verdict, verdicts, first, last } = await measure(30);
  expect(verdicts.map((each) => [each.gate, each.verdict])).toEqual([
    ['error-rate', 'pass'],
    ['latency', 'pass'],
    ['update-age', 'pass'],
    ['hit-rate', 'pass'],
    ['backlog', 'pass'],
    ['lag', 'pass'],
    ['parity', 'pass'],
  ]);
  expect(verdict).toBe('pass');
  expect(verdicts[0]).toMatchObject({ value: 0, limit: 0.01 });
  // Both readings are of the same counters, and what lies between them is what was judged.
  expect(last.errors!.of - first.errors!.of).toBe(verdicts[0]!.samples);
  expect(last.webhook).toMatchObject({ pendingUpdates: 2, lastError: null });
});

it('a bot whose database fails, fails the gate', async () => {
  const { measure, bots } = await openStage();
  bots[1]!.store.failures = Array.from({ length: 10_000 }, () => ({
    at: 'before' as const,
    error: new Error('the disk is on fire'),
  }));
  const { verdict, reason, verdicts } = await measure(30);
  expect(verdict).toBe('fail');
  expect(reason).toMatch(/^error-rate: errors \d+ of [\d,]+: at 95% more than [\d.]+%, limit 1%$/);
  expect(verdicts[0]!.value).toBeGreaterThan(0.01);
});

it('a bot that stops holds the gate, and is named', async () => {
  const { measure, bots, stop } = await openStage();
  await stop();
  await bots[1]!.bot.stop(AbortSignal.abort());
  const { verdict, verdicts } = await measure(0.3);
  expect(verdict).toBe('hold');
  expect(verdicts[0]!.reason).toMatch(/^not all is known: fleet-2: connect ECONNREFUSED 127/);
  expect(verdicts.find(({ gate }) => gate === 'backlog')!.verdict).toBe('pass');
});
