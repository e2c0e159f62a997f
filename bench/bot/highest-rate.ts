import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, Play, Played } from './load.js';

export interface Probe {
  rps: number;
  p99Ms: number;
  errors: number;
  holds: boolean;
}

const PROBE_S = 6;
const STEP = 1.25;
/** The answer is between a rate that holds and one, at most this much above, that does not. */
const CLOSE_ENOUGH = 1.07;
/** Replies that are still under way are not to be the next probe's burden. */
const PAUSE_MS = 1_500;

/**
 * The highest rate of arrival at which nothing fails and the 99th percentile stays below a limit:
 * up or down in steps until both sides are known, then halving what is between.
 */
export async function highestRate(
  load: Load,
  what: Pick<Play, 'url' | 'users'>,
  { from, p99MsMax }: { from: number; p99MsMax: number },
): Promise<{ rps: number; probes: Probe[] }> {
  const probes: Probe[] = [];
  let holding = 0;
  let failing = Number.POSITIVE_INFINITY;
  let rps = Math.round(from);
  while (failing / holding > CLOSE_ENOUGH && rps > 10) {
    // A second's worth outstanding is far above any limit here.
    const play = { ...what, rps, seconds: PROBE_S, check: false, backlogMax: rps };
    const probe = probeOf(await load.play(play), rps, p99MsMax);
    probes.push(probe);
    if (probe.holds) holding = rps;
    else failing = rps;
    if (failing === Number.POSITIVE_INFINITY) rps = Math.round(holding * STEP);
    else if (holding === 0) rps = Math.round(failing / STEP);
    else rps = Math.round((holding + failing) / 2);
    await sleep(PAUSE_MS);
  }
  return { rps: holding, probes };
}

function probeOf({ report }: Played, rps: number, p99MsMax: number): Probe {
  const { latencyMs, errors, updates } = report;
  const holds =
    latencyMs.p99 < p99MsMax &&
    errors.total === 0 &&
    updates.unfinished === 0 &&
    report.endedBy === 'duration';
  return { rps, p99Ms: latencyMs.p99, errors: errors.total, holds };
}
