import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import {
  checkLedger,
  type LoadEvent,
  type LoadOptions,
  readLedger,
  runLoadtest,
} from '../../../src/loadtest/index.js';
import { tempDir } from '../../support/temp-dir.js';
import { type GameBot, startGameBot, TOKEN } from './game-bot.js';

describe('a load test', () => {
  test('plays the game with the buttons that the bot shows, and its ledger holds', async () => {
    const bot = await startGameBot(({ response }) => {
      response.setHeader('x-cardctl-stack', 'fleet');
    });
    const { report, ledger, events } = await load(bot, { durationSeconds: 3, writesShare: 0.5 });
    expect([...bot.used].sort()).toEqual(
      ['/cards', '/claim', '/fight', '/help', '/leaderboard', '/profile', '/start'].concat([
        'accept',
        'cards',
        'pick',
        'picks',
        'stat',
        'top',
      ]),
    );
    expect(bot.unseen).toEqual([]);
    const ids = bot.attempts.map(({ updateId }) => updateId).sort((a, b) => a - b);
    expect(ids).toEqual(Array.from({ length: 600 }, (_, index) => 5_000 + index));
    expect(report).toMatchObject({
      endedBy: 'duration',
      updates: { due: 600, sent: 600, acknowledged: 600, unfinished: 0, givenUp: 0 },
      errors: { total: 0, byKind: {} },
      retries: 0,
      duplicateReplies: 0,
      callbackAnswersLate: 0,
      stackShares: { fleet: 1 },
      verdict: { pass: true, reasons: [] },
    });
    expect(report.updates.writesAcknowledged).toBe(bot.applied.length);
    const verdict = await checkLedger(ledger, readerOf(bot.applied));
    expect(verdict).toMatchObject({
      pass: true,
      writesChecked: bot.applied.length,
      violations: [],
      foreign: null,
    });
    expect(events[0]).toEqual({ type: 'listening', url: expect.stringMatching(/^http:\/\/127/) });
    expect(events.at(1)).toMatchObject({ type: 'play', phase: 'load', errors: 0 });
  });

  test('a write that the bot lost, and one that it executed twice, are named', async () => {
    const bot = await startGameBot();
    const { ledger } = await load(bot, { durationSeconds: 0.5 });
    const [lost = 0, twice = 0] = bot.applied;
    const { violations } = await checkLedger(ledger, readerOf([...bot.applied.slice(1), twice]));
    expect(violations.map(({ rule, updateId }) => [rule, updateId]).sort()).toEqual([
      ['acknowledged but not applied', BigInt(lost)],
      ['applied twice', BigInt(twice)],
    ]);
  });

  test('a bot that fails for a while gets each update until it answers', async () => {
    const bot = await startGameBot(({ number, attempt, response }) => {
      if (number > 2 || attempt.updateId % 10 !== 0) return;
      response.statusCode = number === 1 ? 500 : 503;
      response.end();
    });
    const { report, ledger } = await load(bot, { durationSeconds: 1 });
    expect(report).toMatchObject({
      updates: { acknowledged: 200, unfinished: 0 },
      errors: { total: 40, byKind: { 'status 500': 20, 'status 503': 20 } },
      retries: 40,
    });
    const acknowledgements = Array.from({ length: 200 }, (_, index) =>
      ledger.acknowledgements(5_000 + index),
    );
    expect(acknowledgements).toEqual(Array(200).fill(1));
  });

  test('replies that come twice are counted', async () => {
    const bot = await startGameBot();
    const { report } = await load(bot, {
      users: 50,
      ratePerSecond: 50,
      durationSeconds: 1,
      writesShare: 0,
      newShare: 1,
      thresholds: { duplicateRepliesMax: 0 },
    });
    expect(report.duplicateReplies).toBe(0);
    const twice = await startGameBot(async ({ attempt, number, response }) => {
      if (attempt.updateId !== 5_003 || number > 1) return;
      await twice.replyTo(attempt.from, '/start');
      response.statusCode = 500;
      response.end();
    });
    const again = await load(twice, {
      users: 50,
      ratePerSecond: 50,
      durationSeconds: 1,
      writesShare: 0,
      newShare: 1,
      thresholds: { duplicateRepliesMax: 0 },
    });
    expect(again.report.duplicateReplies).toBe(1);
    expect(again.report.verdict).toEqual({ pass: false, reasons: ['duplicate replies 1 > 0'] });
  });

  test('a reply in the answer of the webhook is a reply', async () => {
    const bot = await startGameBot(({ update, response }) => {
      const { message, callback_query } = update;
      const call = message
        ? {
            method: 'sendMessage',
            chat_id: message.chat.id,
            text: message.text,
            reply_markup: { inline_keyboard: [[{ text: 'All', callback_data: 'top:all' }]] },
          }
        : { method: 'answerCallbackQuery', callback_query_id: callback_query?.id };
      response.end(JSON.stringify(call));
    });
    const { report } = await load(bot, { durationSeconds: 1, writesShare: 0 });
    const { sendMessage = 0, answerCallbackQuery = 0 } = report.botApi.calls;
    expect(answerCallbackQuery).toBeGreaterThan(0);
    expect(sendMessage + answerCallbackQuery).toBe(200);
    expect(report.botApi.refused).toEqual({});
  });

  test('an abort ends it early, with a report', async () => {
    const bot = await startGameBot();
    const { report } = await load(bot, { durationSeconds: 3_600 }, AbortSignal.timeout(300));
    expect(report.endedBy).toBe('abort');
    expect(report.updates.acknowledged).toBe(report.updates.due);
  });

  test('a bot that hangs ends it when the backlog is full, and what is left counts', async () => {
    const bot = await startGameBot(() => new Promise(() => {}));
    const { report, ledger } = await load(bot, {
      durationSeconds: 3_600,
      backlogMax: 60,
      drainSecondsMax: 0.2,
      thresholds: { unfinishedMax: 0 },
    });
    const { due, sent } = report.updates;
    expect(report).toMatchObject({
      endedBy: 'backlog',
      updates: { acknowledged: 0, unfinished: due },
      verdict: {
        pass: false,
        reasons: ['no update was acknowledged', `unfinished updates ${due} > 0`],
      },
    });
    expect(sent).toBe(new Set(bot.attempts.map(({ updateId }) => updateId)).size);
    expect(report.latencyMs.max).toBeGreaterThan(0);
    expect(await checkLedger(ledger, readerOf([]))).toMatchObject({ pass: true });
  });

  test('every option that cannot be is named', async () => {
    const bot = await startGameBot();
    await expect(load(bot, { users: 0, connectionsMax: 101, targets: [] })).rejects.toMatchObject({
      code: 'usage',
      details: {
        problems: [
          'users must be a whole number from 1',
          'connections must be 1 to 100',
          'no target has a weight above 0',
        ],
      },
    });
  });
});

async function load(bot: GameBot, options: Partial<LoadOptions>, signal?: AbortSignal) {
  const events: LoadEvent[] = [];
  const ledgerPath = join(await tempDir(), 'ledger.ndjson');
  const report = await runLoadtest(
    {
      users: 60,
      ratePerSecond: 200,
      durationSeconds: 1,
      targets: [{ url: bot.url, weight: 1 }],
      secretToken: 's3cret',
      botApi: { port: 0, token: TOKEN },
      ledgerPath,
      firstUpdateId: 5_000,
      userIds: Array.from({ length: 100 }, (_, index) => 7_000_000 + index),
      groupSize: 6,
      spacing: 'even',
      // A bot on a busy machine has 12 s to answer.
      timeScale: 0.2,
      ...options,
    },
    {
      clock: systemClock,
      signal: signal ?? new AbortController().signal,
      report: (event) => {
        events.push(event);
        if (event.type === 'listening') bot.connect(event.url);
      },
    },
  );
  return { report, events, ledger: await readLedger(ledgerPath) };
}

function readerOf(applied: readonly number[]) {
  return {
    appliedUpdateIds: async function* (from: bigint, to: bigint) {
      yield* applied.map(BigInt).filter((id) => id >= from && id <= to);
    },
  };
}
