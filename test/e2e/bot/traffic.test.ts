import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCardctl } from '../../support/cardctl.js';
import { createDatabase } from '../../support/postgres.js';
import { startRedis } from '../../support/redis.js';
import { makeStage, type Stage, WEBHOOK_PATH } from '../../support/stage.js';
import { tempDir } from '../../support/temp-dir.js';

const GAME = fileURLToPath(new URL('../../../fixtures/game/small.db', import.meta.url));

let stage: Stage;

beforeEach(async () => {
  const directory = await tempDir();
  const source = join(directory, 'game_bot.db');
  await copyFile(GAME, source);
  const { url: targetUrl } = await createDatabase();
  const redis = await startRedis();
  stage = await makeStage({ directory, source, targetUrl, redisUrl: redis.url });
  const args = ['migrate', '--config', stage.configPath, '--no-verify', '--yes'];
  expect(await runCardctl(args)).toMatchObject({ exitCode: 0 });
});

async function authority(store: 'sqlite' | 'postgres') {
  const args = ['authority', '--to', store, '--yes', '--config', stage.configPath];
  expect(await runCardctl(args)).toMatchObject({ exitCode: 0, stderr: '' });
}

/** Plays for some seconds, over the bots by weight, and checks the ledger. */
async function play(weights: Record<'legacy' | 'fleet', number>, seconds: number) {
  const urls = stage.bots.map(
    ({ address, stack }) => `http://${address}${WEBHOOK_PATH}=${weights[stack]}`,
  );
  const { stdout, stderr } = await runCardctl(
    [
      ...['loadtest', '--config', stage.configPath, '--json', '--quiet', '--check'],
      ...['--users', '200', '--rps', '100', '--duration', `${seconds}s`],
      ...['--api-listen', stage.apiListen, '--url', ...urls],
    ],
    { timeoutMs: 120_000 },
  );
  expect(stderr).toBe('');
  const { ok, result, error } = JSON.parse(stdout);
  expect(error).toBeUndefined();
  expect(ok).toBe(true);
  return result;
}

describe.each([
  ['postgres', 'fleet'],
  ['sqlite', 'legacy'],
] as const)('with %s as the authority', (store, home) => {
  test('every acknowledged write is applied once, whichever bot it comes to', async () => {
    await authority(store);
    await stage.startAll();
    const result = await play({ legacy: 1, fleet: 1 }, 10);
    expect(result.ledger).toMatchObject({ pass: true, violations: [] });
    expect(result.ledger.writesChecked).toBeGreaterThan(100);
    expect(result.errors).toMatchObject({ total: 0 });
    expect(result.updates).toMatchObject({ unfinished: 0 });
    expect(result.duplicateReplies).toBe(0);
    // A quarter comes to the legacy bot; what is forwarded is answered by the other side.
    expect(result.stackShares[home]).toBeGreaterThan(0.25);
  });
});
