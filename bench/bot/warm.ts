import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { tempDir } from '../../test/support/temp-dir.js';
import { sourceOf } from '../lib/source.js';
import { cardctl, type World } from './world.js';

const WARM_PLAYERS = 100_000;
export const WARM_S_MAX = 10;

/** One `cardctl warm` into an empty Redis. */
export interface Warmed {
  /** From before the process starts until it is gone. */
  seconds: number;
  players: number;
  keys: number;
}

export async function measureWarm(
  world: World,
  { rounds, cacheDir }: { rounds: number; cacheDir: string },
  say: (line: string) => void,
): Promise<Warmed[]> {
  say(`warm: a database of ${WARM_PLAYERS} players`);
  const source = sourceOf(WARM_PLAYERS, cacheDir);
  return world.withDatabase(async (url) => {
    const directory = await tempDir();
    const file = join(directory, 'cardctl.json');
    const config = {
      ...JSON.parse(await readFile(world.stage.configPath, 'utf8')),
      source: source.path,
      target: url,
      workDir: join(directory, 'work'),
    };
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    await cardctl(['migrate', '--no-verify', '--yes', '--config', file]);
    const all: Warmed[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      await empty(world.redisUrl);
      const startedMs = performance.now();
      const args = ['warm', '--active-days', '3650', '--json', '--yes', '--config', file];
      const last = (await cardctl(args)).trim().split('\n').at(-1) ?? '{}';
      const seconds = (performance.now() - startedMs) / 1_000;
      const { players, keys } = JSON.parse(last).result;
      all.push({ seconds, players, keys });
      say(`round ${round} of ${rounds}: warm ${seconds.toFixed(1)} s for ${players} players`);
    }
    await empty(world.redisUrl);
    return all;
  });
}

async function empty(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}
