import type { Update } from 'grammy/types';
import { request } from 'undici';
import { describe, expect, test, vi } from 'vitest';
import type { BotOptions } from '../../../src/bot/options.js';
import { type BotApiDouble, startBotApiDouble, TOKEN } from '../../support/bot/bot-api.js';
import type { BotProcessOptions } from '../../support/bot/bot-process.js';
import { commandUpdate, GROUP_ID, pressUpdate } from '../../support/bot/updates.js';
import { GAMES, type GameInDatabase } from '../../support/game-stores.js';
import { startProcess } from '../../support/process.js';
import { type RedisServer, startRedis } from '../../support/redis.js';

const PATH = '/0123456789abcdef';
const SECRET = 'telegrams-secret-token';

/** Longer ago than a sweep leaves replies to whoever committed them. */
const AHEAD_MS = 120_000;

const PROGRAM = ['--import', 'tsx', 'test/support/bot/bot-process.ts'];

async function startBotOn(
  { kind, address, pgBouncerUrl }: GameInDatabase,
  telegram: BotApiDouble,
  { redis, aheadMs = 0 }: { redis?: RedisServer; aheadMs?: number } = {},
) {
  const bot: BotOptions = {
    server: 'one',
    telegram: { token: TOKEN, apiRoot: telegram.url, username: 'cardbot' },
    zone: 'Asia/Tehran',
    updates: { from: 'webhook', host: '127.0.0.1', port: 0, path: PATH, secretToken: SECRET },
    admin: { host: '127.0.0.1', port: 0 },
    peers: [],
    pictures: {},
    drain: { lingerMs: 0 },
  };
  const options: BotProcessOptions = {
    ...{ kind, address: pgBouncerUrl ?? address, aheadMs, bot },
    behindPgBouncer: pgBouncerUrl !== null,
    ...(redis === undefined ? {} : { redisUrl: redis.url }),
  };
  const process_ = startProcess(process.execPath, [...PROGRAM, JSON.stringify(options)]);
  await process_.waitFor(/"address"/);
  const { address: url } = JSON.parse(process_.stdout) as { address: string };
  const post = async (update: Update) => {
    const { statusCode, body } = await request(`${url}${PATH}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-telegram-bot-api-secret-token': SECRET,
      },
      body: JSON.stringify(update),
    });
    return { status: statusCode, body: await body.text() };
  };
  return { process: process_, post };
}

/** New players, so that nothing in the database is in their way. */
const NEGAR = { id: 9_000_000_001, name: 'Negar', language: 'en' };
const BABAK = { id: 9_000_000_002, name: 'Babak', language: 'en' };
const inGroup = { chatId: GROUP_ID };

function buttonsOf({ calls }: BotApiDouble): string[] {
  return calls.flatMap(({ payload }) => {
    const markup = payload.reply_markup as
      | { inline_keyboard: { callback_data: string }[][] }
      | undefined;
    return (markup?.inline_keyboard ?? []).flat().map(({ callback_data }) => callback_data);
  });
}

describe.each(Object.entries(GAMES))('on %s', (_name, makeGame) => {
  test('two new players claim, fight and see it in their profiles', async () => {
    const game = await makeGame();
    const telegram = await startBotApiDouble();
    const { post, process: bot } = await startBotOn(game, telegram, { redis: await startRedis() });
    let updateId = 1_000_000;
    const send = async (update: (id: number) => Update) => {
      updateId += 1;
      const before = telegram.calls.length;
      const answer = await post(update(updateId));
      expect(answer.status).toBe(200);
      return { ...answer, before };
    };
    const replied = async (update: (id: number) => Update, pattern: RegExp) => {
      const { before } = await send(update);
      const found = () => JSON.stringify(telegram.calls.slice(before)).match(pattern);
      await vi.waitUntil(() => found() !== null, { timeout: 20_000 });
    };
    const command = (from: typeof NEGAR, text: string, options = {}) => {
      return (id: number) => commandUpdate({ updateId: id, from, text, ...options });
    };
    const press = (from: typeof NEGAR, data: string) => (id: number) =>
      pressUpdate({ updateId: id, from, data, ...inGroup });

    await replied(command(NEGAR, '/start'), /Hello/);
    await replied(command(NEGAR, '/claim'), /here is your new card/);
    await replied(command(NEGAR, '/claim'), /You have claimed your card of today/);
    await replied(command(BABAK, '/claim'), /here is your new card/);
    await replied(command(NEGAR, '/fight', inGroup), /wants a fight/);
    const [accept] = buttonsOf(telegram).filter((data) => data.startsWith('accept:'));
    await replied(
      press(BABAK, accept!),
      /accepted the challenge.*choose your card.*choose your card/,
    );
    const [one, two] = [...new Set(buttonsOf(telegram).filter((data) => data.startsWith('pick:')))];
    const fightId = accept!.slice('accept:'.length);
    await replied(press(NEGAR, one!), /Now choose a stat/);
    await replied(press(BABAK, two!), /Now choose a stat/);
    await replied(press(NEGAR, `stat:${fightId}:iq`), /Waiting for/);
    await replied(press(BABAK, `stat:${fightId}:power`), /The fight is over/);
    for (const player of [NEGAR, BABAK]) {
      const { body } = await send(command(player, '/profile'));
      expect(JSON.parse(body).text).toContain('⚔️ Fights: 1');
      expect(JSON.parse(body).text).toContain('🎴 Cards: 1');
    }
    const fights = await game.query(
      `SELECT user_id, stat_used FROM fight_history WHERE user_id > 9000000000 ORDER BY user_id`,
    );
    expect(fights).toStrictEqual([
      { user_id: BigInt(NEGAR.id), stat_used: 'iq' },
      { user_id: BigInt(BABAK.id), stat_used: 'power' },
    ]);
    expect((await bot.kill('SIGTERM')).exitCode).toBe(0);
  });

  test('a bot that is killed between COMMIT and reply: the sweep of another sends it, once', async () => {
    const game = await makeGame();
    const telegram = await startBotApiDouble();
    telegram.delayMs = 60_000;
    const first = await startBotOn(game, telegram);
    const claim = commandUpdate({ updateId: 1_000_001, from: NEGAR, text: '/claim' });
    await first.post(claim);
    await vi.waitUntil(() => telegram.calls.length === 1);
    await first.process.kill();

    telegram.delayMs = 0;
    const second = await startBotOn(game, telegram, { aheadMs: AHEAD_MS });
    await vi.waitUntil(() => telegram.calls.length === 2, { timeout: 20_000 });
    expect(telegram.calls[1]?.payload).toStrictEqual(telegram.calls[0]?.payload);
    expect((await second.process.kill('SIGTERM')).exitCode).toBe(0);
    expect(telegram.calls).toHaveLength(2);
  });

  test('a bot that is killed between COMMIT and reply: a redelivery is answered, and done once', async () => {
    const game = await makeGame();
    const telegram = await startBotApiDouble();
    telegram.delayMs = 60_000;
    const first = await startBotOn(game, telegram);
    const claim = commandUpdate({ updateId: 1_000_001, from: NEGAR, text: '/claim' });
    await first.post(claim);
    await vi.waitUntil(() => telegram.calls.length === 1);
    await first.process.kill();

    telegram.delayMs = 0;
    const second = await startBotOn(game, telegram);
    expect(await second.post(claim)).toStrictEqual({ status: 200, body: '' });
    await vi.waitUntil(() => telegram.calls.length === 2, { timeout: 20_000 });
    expect(telegram.calls[1]?.payload).toStrictEqual(telegram.calls[0]?.payload);
    await second.process.kill('SIGTERM');
    const cards = await game.query(
      `SELECT count(*) AS cards FROM player_cards WHERE user_id = ${NEGAR.id}`,
    );
    expect(cards).toStrictEqual([{ cards: 1n }]);
  });
});
