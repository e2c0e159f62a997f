import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import type { EdgeServer } from './config.js';
import type { EdgeFiles } from './edge-files.js';
import { countFrom, type LogPosition, nothingObserved, type Observed } from './observed-share.js';
import { judgeShare, type ShareVerdict } from './sampling.js';
import type { Shares } from './weights.js';

export interface ObserveOptions {
  files: EdgeFiles;
  accessLog: string;
  generation: string;
  from: LogPosition;
  /** Enough requests to judge by. */
  requests: number;
  /** Judge by what there is after so long. */
  secondsMax: number;
  clock: Clock;
  /** Ends the observation as the end of the time does. */
  signal?: AbortSignal | undefined;
}

/** Counts the requests that a generation routed, until there are enough, or the time is over. */
export async function observe(options: ObserveOptions): Promise<Observed> {
  const { files, accessLog: path, generation, requests, secondsMax, clock, signal } = options;
  const observed = nothingObserved();
  const endMs = clock.monotonicMs() + secondsMax * 1_000;
  let position = options.from;
  for (;;) {
    const isLast = signal?.aborted === true || clock.monotonicMs() >= endMs;
    position = await countFrom(position, { files, path, generation }, observed);
    if (isLast || observed.requests >= requests) return observed;
    await sleep(POLL_MS, undefined, signal && { signal }).catch(() => undefined);
  }
}

const POLL_MS = 250;

/**
 * Whether the requests went where they should. Each server is looked at too, so that one that gets
 * nothing is not hidden by its neighbours. At 100% more than that cannot be asked of one: Nginx then
 * goes by `least_conn` (see `render-upstream.ts`), and whoever answers faster gets more.
 */
export function judgeObserved(observed: Observed, shares: Shares<EdgeServer>): ShareVerdict {
  const { requests } = observed;
  const hitsOf = (address: string) => observed.servers.get(address)?.requests ?? 0;
  const judged = shares.servers.map(({ server, sharePercent }) => {
    const hits = hitsOf(server.address);
    return { server, hits, ...judgeShare({ wantedPercent: sharePercent, hits, requests }) };
  });
  const hits = judged
    .filter(({ server }) => server.stack === 'fleet')
    .reduce((sum, server) => sum + server.hits, 0);
  const fleet = judgeShare({ wantedPercent: shares.fleetPercent, hits, requests });
  const isByConnections = shares.fleetPercent === 100;
  const told = judged
    .filter((one) => !isByConnections || one.hits === 0)
    .map((one) => ({ ...one, name: one.server.name }));
  const wrong = [{ name: 'fleet', ...fleet }, ...told].filter(({ verdict }) => verdict === 'fail');
  if (wrong.length === 0) return { ...fleet, reason: `fleet: ${fleet.reason}` };
  return {
    verdict: 'fail',
    reason: wrong.map(({ name, reason }) => `${name}: ${reason}`).join('; '),
  };
}
