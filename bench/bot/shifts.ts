import { runCardctl } from '../../test/support/cardctl.js';
import type { Played } from './load.js';
import type { Options } from './options.js';
import type { World } from './world.js';

/** Traffic shifted again and again under load. */
export interface Shifts {
  shifts: number;
  /** Updates a second. */
  rps: number;
  /** Those whose sample showed the share that was asked for. */
  proven: number;
  seconds: number;
  played: Played;
}

const SHARES = [10, 25, 50, 100];

/** Longer than all shifts take: the load is ended after the last one. */
const SECONDS_EACH_MAX = 20;

export async function measureShifts(
  { url, load, stage }: World,
  { users, shifts }: Options,
  rps: number,
  say: (line: string) => void,
): Promise<Shifts> {
  say(`${shifts} shifts at ${rps}/s`);
  const seconds = shifts * SECONDS_EACH_MAX;
  const { finished, stop } = await load.start({ url, users, rps, seconds, check: true });
  const startedMs = performance.now();
  let proven = 0;
  for (let i = 0; i < shifts; i += 1) {
    if (await shiftTo(stage.configPath, SHARES[i % SHARES.length] as number)) proven += 1;
    if ((i + 1) % 20 === 0) say(`${i + 1} shifts`);
  }
  const tookS = (performance.now() - startedMs) / 1_000;
  stop();
  return { shifts, rps, proven, seconds: tookS, played: await finished };
}

/** @returns whether the share that was asked for was seen */
export async function shiftTo(configPath: string, percent: number): Promise<boolean> {
  const { exitCode, stderr } = await runCardctl([
    ...['shift', '--percent', `${percent}`, '--requests', '400', '--observe-seconds', '2'],
    ...['--config', configPath],
  ]);
  // 9: it is in place, and the sample was too small to tell.
  if (exitCode !== 0 && exitCode !== 9) throw new Error(`a shift failed:\n${stderr}`);
  return exitCode === 0;
}
