import { setTimeout as sleep } from 'node:timers/promises';
import { type CpuBudget, watchBudget } from './cpu-budget.js';
import { highestRate } from './highest-rate.js';
import type { Played } from './load.js';
import type { Options } from './options.js';
import { cardctl, type World } from './world.js';

/** Players through Nginx, all traffic to the fleet. */
export interface Steady {
  played: Played;
  cpu: CpuBudget;
  cpuSeconds: number;
  /** The highest rate that keeps the limit; null when the wanted one does. */
  highest: number | null;
}

export const STEADY_P99_MS_MAX = 50;

/**
 * Until what runs often is compiled, in each bot, at the rate that is measured: what runs only when
 * something waits would be compiled meanwhile otherwise. The cache is warmed as before a cutover.
 */
export const STEADY_WARM_UP_S = 75;

/** What starts at the same instant, such as connections, is not part of the budget. */
const BEGINNING_MS = 2_000;

export async function measureSteady(
  world: World,
  { users, rps, seconds }: Options,
  say: (line: string) => void,
): Promise<Steady> {
  const { url, load } = world;
  say('steady: warming up');
  await cardctl(['warm', '--active-days', '3650', '--yes', '--config', world.stage.configPath]);
  await load.play({ url, users, rps, seconds: STEADY_WARM_UP_S, check: true });
  say(`steady: ${rps}/s for ${seconds} s`);
  const { finished } = await load.start({ url, users, rps, seconds, check: true });
  await sleep(BEGINNING_MS);
  const usedSince = watchBudget(rootsOf(world));
  const cpuSeconds = seconds - BEGINNING_MS / 500;
  await sleep(cpuSeconds * 1_000);
  const cpu = usedSince();
  const played = await finished;
  const { latencyMs, errors } = played.report;
  say(`steady: p99 ${latencyMs.p99.toFixed(1)} ms, ${errors.total} errors`);
  const isMet = latencyMs.p99 < STEADY_P99_MS_MAX && errors.total === 0;
  const highest = isMet
    ? null
    : (await highestRate(load, { url, users }, { from: rps / 1.25, p99MsMax: STEADY_P99_MS_MAX }))
        .rps;
  return { played, cpu, cpuSeconds, highest };
}

function rootsOf({ stage, load, servers }: World): Map<string, number> {
  const bots = stage.bots.map(({ name, process }): [string, number] => [
    `bot ${name}`,
    process?.child.pid ?? 0,
  ]);
  return new Map([
    ...bots,
    ['Postgres, primary', servers.primary],
    ['Postgres, replica', servers.replica],
    ['Redis', servers.redis],
    ['Nginx', servers.nginx],
    ['the load tool', load.pid],
  ]);
}
