import { amount, count, percent } from './figures.js';
import { above, type Buckets, histogramOf, quantile } from './histogram.js';
import { judgeShare, neededFor } from './proportion.js';
import { notKnown, type Verdict } from './verdict.js';

export interface LatencyLimits {
  p99Ms: number;
  samplesMin: number;
}

/** That may be slower than the 99th percentile. */
const SLOW = 0.01;

/**
 * Whether the 99th percentile is below the limit, at 95%: it is exactly when less than 1% is above
 * the limit, and that is a share to be judged like any other. The value shown is interpolated and
 * decides nothing.
 *
 * @param buckets of seconds, what was observed since the gate began; null when it could not be read
 */
export function judgeLatency(
  buckets: Buckets | null,
  { p99Ms: limit, samplesMin }: LatencyLimits,
  looks: number,
): Verdict {
  const base = { gate: 'latency', limit, unit: 'ms' };
  const histogram = histogramOf(buckets);
  if (histogram === null) {
    return notKnown(base, 'latency is');
  }
  const samples = histogram.total;
  const p99S = quantile(histogram, 1 - SLOW);
  const value = p99S === null ? null : p99S * 1_000;
  const { atLeast, atMost } = above(histogram, limit / 1_000);
  const say = (slower: number, rest: string) =>
    `p99 ${value === null ? 'unknown' : `${amount(value)} ms`}, limit ${amount(limit)} ms: ` +
    `${count(slower)} of ${count(samples)} updates took longer, ${rest}`;
  const told = { ...base, value, samples };
  const slow = judgeShare(atLeast, SLOW, looks);
  if (slow.side === 'above') {
    const reason = say(atLeast.hits, `at 95% more than ${percent(slow.low)} where 1% may`);
    return { ...told, verdict: 'fail', reason };
  }
  const { side, high } = judgeShare(atMost, SLOW, looks);
  const bounds = `at 95% less than ${percent(high)} where 1% may`;
  if (side === 'below' && samples >= samplesMin) {
    return { ...told, verdict: 'pass', reason: say(atMost.hits, bounds) };
  }
  const needed = Math.max(samplesMin, neededFor(atMost.hits, SLOW));
  const rest = `: too few to tell, ${count(needed)} are needed`;
  return { ...told, verdict: 'hold', reason: say(atMost.hits, bounds + rest) };
}
