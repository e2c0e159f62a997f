import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { commandUpdate, GROUP_ID, pressUpdate } from '../../support/bot/updates.js';
import { atEnd } from '../../support/cleanup.js';
import { startLoad } from '../../support/loadtest.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { makeStage, post, type Stage, type StageBot, spread } from '../../support/stage.js';

const HOUR_MS = 3_600_000;

/** Two of the three fleet bots have a clock that is an hour off, one each way. */
let stage: Stage;
let ahead: StageBot;
let behind: StageBot;
let query: (sql: string) => Promise<Record<string, unknown>[]>;
beforeAll(async () => {
  const { options } = await smallGame();
  stage = await makeStage(options);
  await moveTo(stage, 'postgres');
  const [legacy, right, ...wrong] = stage.bots;
  [ahead, behind] = wrong as [StageBot, StageBot];
  await Promise.all([
    stage.start(legacy as StageBot),
    stage.start(right as StageBot),
    stage.start(ahead, HOUR_MS),
    stage.start(behind, -HOUR_MS),
  ]);
  const client = new pg.Client(options.targetUrl);
  await client.connect();
  atEnd(() => client.end());
  query = async (sql) => (await client.query(sql)).rows;
}, 120_000);

test('clock-skew: under load nothing is applied, and nothing sent, twice', async () => {
  const load = await startLoad(stage, {
    urls: spread(stage, { legacy: 0, fleet: 1 }),
    users: 60,
    writes: 0.6,
    seconds: 25,
  });
  const result = await load.finished;
  expect(result.ledger).toMatchObject({ pass: true, violations: [] });
  expect(result).toMatchObject({ errors: { total: 0 }, duplicateReplies: 0 });
});

test('clock-skew: a challenge of one bot can be accepted at another, and a claim is good for a day', async () => {
  const ann = { id: 9_100_000_001, name: 'Ann', language: 'en' };
  const bob = { id: 9_100_000_002, name: 'Bob', language: 'en' };
  let updateId = Date.now();
  const claim = (from: typeof ann, bot: StageBot) =>
    post(bot, commandUpdate({ updateId: updateId++, from, text: '/claim' }));
  await claim(ann, behind);
  await claim(bob, ahead);
  await claim(bob, behind);
  await claim(ann, ahead);
  await post(
    behind,
    commandUpdate({ updateId: updateId++, from: ann, text: '/fight', chatId: GROUP_ID }),
  );
  const mine = `FROM active_fights WHERE challenger_id = ${ann.id}`;
  const [fight] = await query(`SELECT fight_id ${mine}`);
  const data = `accept:${fight?.fight_id}`;
  await post(ahead, pressUpdate({ updateId: updateId++, from: bob, data, chatId: GROUP_ID }));
  expect(await query(`SELECT opponent_id, status ${mine}`)).toEqual([
    { opponent_id: String(bob.id), status: 'selecting_cards' },
  ]);
  expect(
    await query(`SELECT user_id, count(*) AS cards FROM player_cards
                  WHERE user_id IN (${ann.id}, ${bob.id}) GROUP BY 1 ORDER BY 1`),
  ).toEqual([
    { user_id: String(ann.id), cards: '1' },
    { user_id: String(bob.id), cards: '1' },
  ]);
});

test('clock-skew: the ledger is written by the clock of the database', async () => {
  const [found] = await query(
    `SELECT count(*) AS entries FROM cardbot_update
      WHERE abs(extract(epoch FROM clock_timestamp() - CAST(applied_at AS timestamptz))) > 1800`,
  );
  expect(found).toEqual({ entries: '0' });
});
