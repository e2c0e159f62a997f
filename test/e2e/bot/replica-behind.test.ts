import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, expect, test, vi } from 'vitest';
import { type BotApiDouble, startBotApiDouble } from '../../support/bot/bot-api.js';
import { commandUpdate } from '../../support/bot/updates.js';
import { atEnd } from '../../support/cleanup.js';
import { startLoad } from '../../support/loadtest.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { startPostgres, startReplica } from '../../support/postgres-server.js';
import type { RedisServer } from '../../support/redis.js';
import {
  makeStage,
  post,
  STAGE_TOKEN,
  type Stage,
  type StageBot,
  spread,
} from '../../support/stage.js';

/** Longer than any of this takes: the replica has what was there when it began, and nothing since. */
const DELAY = '10min';

/** For so long after its start a Redis may have lost notes, and nobody believes that there are none. */
const NOTES_MS = 61_000;

let stage: Stage;
let redis: RedisServer;
let query: (sql: string) => Promise<Record<string, unknown>[]>;
let untilRedisIsTrusted: Promise<void>;
beforeAll(async () => {
  const game = await smallGame();
  redis = game.redis;
  untilRedisIsTrusted = sleep(NOTES_MS);
  const primary = await startPostgres();
  atEnd(() => primary.stop());
  const options = { ...game.options, targetUrl: primary.adminUrl, fleet: 2 };
  await moveTo(await makeStage(options), 'postgres');
  const settings = { max_connections: '300', recovery_min_apply_delay: DELAY };
  const replica = await startReplica(primary, { settings });
  atEnd(() => replica.stop());
  stage = await makeStage({ ...options, replicaUrl: replica.adminUrl });
  await stage.startAll();
  const client = new pg.Client(primary.adminUrl);
  await client.connect();
  atEnd(() => client.end());
  query = async (sql) => (await client.query(sql)).rows;
}, 120_000);

let updateId = Date.now();

function send(bot: StageBot, id: number, text: string) {
  const from = { id, name: `Player ${id}`, language: 'en' };
  updateId += 1;
  return post(bot, commandUpdate({ updateId, from, text }));
}

/** Where the bots' calls go while no load test takes them. */
function openBotApi(): Promise<BotApiDouble> {
  const port = Number(stage.apiListen.split(':')[1]);
  return startBotApiDouble({ port, token: STAGE_TOKEN });
}

/** Cards as a bot shows them to their owner: in its answer, or behind what is being sent to them. */
async function cardsSeen(bot: StageBot, id: number, { calls }: BotApiDouble): Promise<number> {
  const from = calls.length;
  const { body } = await send(bot, id, '/profile');
  const shown = () =>
    [body, ...calls.slice(from).map(({ payload }) => JSON.stringify(payload))]
      .filter((text) => text.includes(`${id}`))
      .map((text) => /Cards: (\d+)/.exec(text)?.[1])
      .find((cards) => cards !== undefined);
  await vi.waitUntil(() => shown() !== undefined, { timeout: 20_000 });
  return Number(shown());
}

async function cardsOf(id: number): Promise<number> {
  const [row] = await query(`SELECT count(*) AS cards FROM player_cards WHERE user_id = ${id}`);
  return Number(row?.cards);
}

test('replica-behind: who has just written reads it at any bot, and nothing old is cached', async () => {
  await untilRedisIsTrusted;
  const api = await openBotApi();
  const [, first, second] = stage.bots as [StageBot, StageBot, StageBot];
  const rows = await query(
    `SELECT user_id FROM player_cards GROUP BY user_id
     HAVING count(*) < (SELECT count(*) FROM cards) ORDER BY user_id LIMIT 20`,
  );
  for (const { user_id } of rows) {
    const id = Number(user_id);
    const before = await cardsOf(id);
    expect(await cardsSeen(second, id, api)).toBe(before);
    expect(await send(first, id, '/claim')).toMatchObject({ status: 200 });
    expect(await cardsOf(id)).toBe(before + 1);
    // Not from the cache, where it was forgotten, nor from the replica, which does not have it.
    expect(await cardsSeen(second, id, api)).toBe(before + 1);
    const cached = JSON.parse((await redis.look().get(`player_cards:${id}`)) ?? '[]');
    expect(cached).toHaveLength(before + 1);
    expect(await cardsSeen(first, id, api)).toBe(before + 1);
  }
  expect(rows.length).toBeGreaterThan(10);
});

test('replica-behind: when Redis forgets who wrote lately, nobody trusts the replica', async () => {
  const [, first, second] = stage.bots as [StageBot, StageBot, StageBot];
  const api = await openBotApi();
  const id = 9_400_000_001;
  await send(first, id, '/claim');
  await redis.crash();
  await redis.startAgain();
  expect(await cardsSeen(second, id, api)).toBe(1);
  expect(await cardsSeen(first, id, api)).toBe(1);
});

test('replica-behind: under load every move counts once', async () => {
  const load = await startLoad(stage, {
    urls: spread(stage, { legacy: 0, fleet: 1 }),
    users: 40,
    rps: 40,
    seconds: 10,
    errorsMax: 1_000,
  });
  const result = await load.finished;
  expect(result.ledger).toMatchObject({ pass: true, violations: [] });
  expect(result.updates).toMatchObject({ unfinished: 0 });
});
