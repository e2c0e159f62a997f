import { Command } from 'commander';
import { type App, action } from '../app.js';
import { required } from '../config/required.js';
import type { Invocation, Outcome } from '../invocation.js';
import { recordedRun } from '../recorded-run.js';
import { formatCount, formatRate, formatSeconds } from '../render/format.js';
import { warmPlaces } from '../warm-places.js';
import { wholeNumber } from '../whole-number.js';

interface WarmFlags {
  activeDays: number;
  rate: number;
}

/** `cardctl warm` */
export function warmCommand(app: App): Command {
  return new Command('warm')
    .description('load into Redis what the next players will ask for, the last active ones first')
    .option(
      '--active-days <n>',
      'players who did something within so many days of the newest time in the data',
      wholeNumber,
      7,
    )
    .option('--rate <n>', 'keys a second at most', wholeNumber, 50_000)
    .action(action(app, run));
}

async function run(invocation: Invocation, { activeDays, rate }: WarmFlags): Promise<Outcome> {
  const config = await invocation.config();
  const targetUrl = required(config.target?.url, 'target');
  const [first, ...others] = config.stacks.redis;
  const redisUrl = required(first, 'redis');
  if (invocation.options.dryRun) {
    const text = `would load the players of the last ${activeDays} days from ${config.target?.shown} into Redis, ${formatCount(rate)} keys/s at most`;
    return { result: { activeDays, rate, target: config.target?.shown }, text };
  }
  const { warmFleet } = await import('../engine/warm.js');
  return recordedRun(invocation, config, { activeDays, rate }, async () => {
    const result = await warmFleet(
      { ...warmPlaces(config, targetUrl, [redisUrl, ...others]), activeDays, rate },
      invocation,
    );
    const { userIds, keys, seconds, keysPerSecond } = result;
    const players = userIds.length;
    return {
      result: { players, keys, seconds, keysPerSecond },
      text: `warm: ${formatCount(keys)} keys of ${formatCount(players)} players in ${formatSeconds(seconds)}, ${formatRate(keysPerSecond, 'keys')}\nthe hit rate that follows is in the bots' metrics, and in the report of cardctl loadtest`,
    };
  });
}
