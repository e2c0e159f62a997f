import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runCardctl } from '../../support/cardctl.js';
import { type LoadResult, startLoad } from '../../support/loadtest.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { makeStage, spread } from '../../support/stage.js';
import { makeStageBehindNginx } from '../../support/stage-nginx.js';

function expectBalanced(result: LoadResult): void {
  expect(result.ledger).toMatchObject({ pass: true, violations: [] });
  expect(result.ledger.writesChecked).toBeGreaterThan(100);
  expect(result.ledger.effects.cards).toBeGreaterThan(0);
  expect(result.updates).toMatchObject({ unfinished: 0 });
}

describe.each([
  ['postgres', 'fleet'],
  ['sqlite', 'legacy'],
] as const)('with %s as the authority', (store, home) => {
  test('every acknowledged write is applied once, whichever bot it comes to', async () => {
    const { options } = await smallGame();
    const stage = await makeStage(options);
    await moveTo(stage, store);
    await stage.startAll();
    const load = await startLoad(stage, {
      urls: spread(stage, { legacy: 1, fleet: 1 }),
      seconds: 10,
    });
    const result = await load.finished;
    expectBalanced(result);
    expect(result).toMatchObject({ errors: { total: 0 }, duplicateReplies: 0 });
    // A quarter comes to the legacy bot; what is forwarded is answered by the other side.
    expect(result.stackShares[home]).toBeGreaterThan(0.25);
  });
});

test('traffic walks 0 → 10 → 25 → 50 → 100 → 0 through Nginx, and no update fails', async () => {
  const { options } = await smallGame();
  const { stage, url, certificate } = await makeStageBehindNginx(options);
  await moveTo(stage, 'postgres');
  await stage.startAll();
  const load = await startLoad(stage, { urls: [url], seconds: 60, certificate });
  for (const percent of [10, 25, 50, 100, 0]) {
    const { exitCode, stdout, stderr } = await runCardctl([
      ...['shift', '--percent', `${percent}`, '--requests', '400', '--observe-seconds', '8'],
      ...['--config', stage.configPath],
    ]);
    // 0: the share is proven; 9: too few requests came in that time.
    expect([0, 9], `${stdout}\n${stderr}`).toContain(exitCode);
  }
  const result = await load.finished;
  expectBalanced(result);
  expect(result.ledger.effects.fights).toBeGreaterThan(0);
  expect(result).toMatchObject({ duplicateReplies: 0 });
  // Nginx answers every update that it has read. What it has not read, since it was closing an idle
  // connection as the update was sent, is sent again at once, as Telegram does.
  const kinds = Object.keys(result.errors.byKind);
  expect(kinds.filter((kind) => !kind.startsWith('connection '))).toEqual([]);
  expect(result.errors.total).toBeLessThan(20);
});

test('warm puts what the next players ask for where the bots look for it', async () => {
  const { options, redis } = await smallGame();
  const stage = await makeStage(options);
  await moveTo(stage, 'postgres');
  const { exitCode, stdout, stderr } = await runCardctl([
    ...['warm', '--active-days', '10000', '--json', '--quiet', '--config', stage.configPath],
  ]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const { players, keys } = JSON.parse(stdout).result;
  expect(players).toBeGreaterThan(50);
  // The cards and the profile of each, and three leaderboards.
  expect(keys).toBe(2 * players + 3);
  expect(await redis.look().keys('player_cards:*')).toHaveLength(players);
  await stage.startAll();
  const load = await startLoad(stage, {
    urls: spread(stage, { legacy: 0, fleet: 1 }),
    seconds: 10,
  });
  const result = await load.finished;
  expectBalanced(result);
  expect(result.cacheHitRate).toBeGreaterThan(0.5);
});

describe('hazards', () => {
  test('bot-killed-between-commit-and-reply: another bot answers, nothing is applied twice', async () => {
    const { options } = await smallGame();
    const stage = await makeStage(options);
    await moveTo(stage, 'postgres');
    await stage.startAll();
    const load = await startLoad(stage, {
      urls: spread(stage, { legacy: 0, fleet: 1 }),
      seconds: 20,
      errorsMax: 100_000,
    });
    for (const bot of stage.bots.slice(1)) {
      await sleep(2_000);
      await bot.process?.kill('SIGKILL');
      await sleep(500);
      await stage.start(bot);
    }
    expectBalanced(await load.finished);
  });

  test('redis-gone: a cache that dies and comes back empty costs no answer', async () => {
    const { options, redis } = await smallGame();
    const stage = await makeStage(options);
    await moveTo(stage, 'postgres');
    await stage.startAll();
    const load = await startLoad(stage, {
      urls: spread(stage, { legacy: 0, fleet: 1 }),
      seconds: 15,
      rps: 50,
    });
    await sleep(4_000);
    await redis.crash();
    await sleep(4_000);
    await redis.startAgain();
    const result = await load.finished;
    expectBalanced(result);
    expect(result.errors).toEqual({ total: 0, byKind: {} });
  });
});
