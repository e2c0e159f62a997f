import pg from 'pg';
import { request } from 'undici';
import { beforeAll, describe, expect, test } from 'vitest';
import { commandUpdate } from '../../support/bot/updates.js';
import { atEnd } from '../../support/cleanup.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import {
  adminGet,
  makeStage,
  post,
  type Stage,
  type StageBot,
  WEBHOOK_PATH,
} from '../../support/stage.js';

const TELEGRAM_SECRET = 'x-telegram-bot-api-secret-token';

/** In every body, and to be in no log. */
const MARK = 'mark-of-a-forger-7391';

const CLAIM = {
  ...commandUpdate({ updateId: 1, from: { id: 9_200_000_001, name: MARK }, text: '/claim' }),
};

let stage: Stage;
let bot: StageBot;
let query: (sql: string) => Promise<Record<string, unknown>[]>;
beforeAll(async () => {
  const { options } = await smallGame();
  stage = await makeStage({ ...options, logLevel: 'trace' });
  await moveTo(stage, 'postgres');
  bot = stage.bots[1] as StageBot;
  await stage.start(bot);
  const client = new pg.Client(options.targetUrl);
  await client.connect();
  atEnd(() => client.end());
  query = async (sql) => (await client.query(sql)).rows;
}, 120_000);

async function rejected(): Promise<Record<string, number>> {
  const text = await adminGet(bot, '/metrics');
  const lines = text.matchAll(/^cardbot_webhook_rejected_total\{(.*)\} (\d+)$/gm);
  return Object.fromEntries(
    [...lines].map(([, labels = '', count]) => [/status="(\d+)"/.exec(labels)?.[1], Number(count)]),
  );
}

describe('forged-update', () => {
  test.each<[string, string | object, Record<string, string>, number]>([
    ['a wrong secret', CLAIM, { [TELEGRAM_SECRET]: `${MARK}-wrong` }, 401],
    ['an empty secret', CLAIM, { [TELEGRAM_SECRET]: '' }, 401],
    ['another type', CLAIM, { 'content-type': 'text/plain' }, 415],
    ['half an object', `{"update_id": 1, "message": "${MARK}`, {}, 400],
    ['a list', `["${MARK}"]`, {}, 400],
    ['an id that is text', { update_id: MARK }, {}, 400],
    ['an id with a fraction', { ...CLAIM, update_id: 1.5 }, {}, 400],
    ['an id above 2^53', `{"update_id": 9007199254740993, "a": "${MARK}"}`, {}, 400],
    ['more than a megabyte', `{"update_id": 1, "a": "${MARK.repeat(60_000)}"}`, {}, 413],
  ])('%s is turned away, counted, and has no effect', async (_what, body, headers, status) => {
    const before = await rejected();
    const answer = await post(bot, body, headers);
    expect(answer).toEqual({ status, body: '' });
    expect(await rejected()).toEqual({ ...before, [status]: (before[status] ?? 0) + 1 });
    expect(await query('SELECT update_id FROM cardbot_update')).toEqual([]);
    expect(await query('SELECT user_id FROM players WHERE user_id = 9200000001')).toEqual([]);
  });

  test('without a secret at all it is turned away, on either way in', async () => {
    for (const path of [WEBHOOK_PATH, '/cardbot/update']) {
      const { statusCode, body } = await request(`http://${bot.address}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(CLAIM),
      });
      expect({ statusCode, body: await body.text() }).toEqual({ statusCode: 401, body: '' });
    }
    expect(await query('SELECT update_id FROM cardbot_update')).toEqual([]);
  });

  test('whoever knows the secret and sends nonsense is turned away or ignored, and has no effect', async () => {
    const from = { id: 9_200_000_001, first_name: MARK };
    for (const [update, status] of [
      [{ update_id: 11 }, 200],
      [{ update_id: 12, message: null }, 400],
      [{ update_id: 13, message: MARK }, 200],
      [{ update_id: 14, message: { text: '/claim', chat: null, from: null } }, 400],
      [{ update_id: 15, message: { text: [MARK], from, chat: { id: 1 } } }, 400],
      [{ update_id: 16, message: { text: '/claim', from, chat: { id: MARK } } }, 400],
      [{ update_id: 17, message: { ...CLAIM.message, from: { ...from, id: 1e300 } } }, 400],
      [{ update_id: 18, message: { ...CLAIM.message, message_id: 1.5 } }, 400],
      [{ update_id: 19, callback_query: { id: 'q', from, data: { a: MARK }, message: {} } }, 400],
      [{ update_id: 20, callback_query: { id: 'q', from: { id: 1.5 }, data: MARK } }, 200],
    ] as const) {
      expect({ update, ...(await post(bot, update)) }).toEqual({ update, status, body: '' });
    }
    expect(await query('SELECT update_id FROM cardbot_update')).toEqual([]);
  });

  test('nothing of any body, and no secret that was tried, is in the log', () => {
    const log = `${bot.process?.stdout}${bot.process?.stderr}`;
    expect(log).toContain('"level"');
    expect(log).not.toContain(MARK);
  });
});
