import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCardctl } from './cardctl.js';
import { createDatabase } from './postgres.js';
import { type RedisServer, startRedis } from './redis.js';
import type { Stage, StageOptions } from './stage.js';
import { tempDir } from './temp-dir.js';

const GAME = fileURLToPath(new URL('../../fixtures/game/small.db', import.meta.url));

/** A small game of the test's own, not yet moved, with a database and a Redis for the fleet. */
export async function smallGame(): Promise<{ options: StageOptions; redis: RedisServer }> {
  const directory = await tempDir();
  const source = join(directory, 'game_bot.db');
  await copyFile(GAME, source);
  const { url: targetUrl } = await createDatabase();
  const redis = await startRedis();
  return { options: { directory, source, targetUrl, redisUrl: redis.url }, redis };
}

/** Loads the target from the source and makes one of the two the authority. */
export async function moveTo(stage: Stage, store: 'sqlite' | 'postgres'): Promise<void> {
  const config = ['--config', stage.configPath, '--yes'];
  for (const args of [
    ['migrate', '--no-verify'],
    ['authority', '--to', store],
  ]) {
    const { exitCode, stderr } = await runCardctl([...args, ...config]);
    if (exitCode !== 0) throw new Error(`cardctl ${args.join(' ')} failed:\n${stderr}`);
  }
}
