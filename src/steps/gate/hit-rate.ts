import { count, percent } from './figures.js';
import { type Counted, isCounted, judgeShare } from './proportion.js';
import { notKnown, type Verdict } from './verdict.js';

export interface HitRateLimits {
  /** A share, above 0 and below 1. */
  hitRate: number;
  samplesMin: number;
}

/**
 * Whether the cache has what is asked of it, at 95%. A cold cache holds the move and does not undo
 * it: it costs latency, which has a gate of its own, and being asked is what warms it.
 *
 * @param asked hits of values asked for; null when they could not be read
 */
export function judgeHitRate(
  asked: Counted | null,
  { hitRate: limit, samplesMin }: HitRateLimits,
): Verdict {
  const base = { gate: 'hit-rate', limit, unit: 'share' };
  if (asked === null || !isCounted(asked)) {
    return notKnown(base, 'cache hits are');
  }
  const { hits, of: samples } = asked;
  const value = samples === 0 ? null : hits / samples;
  const { side, high } = judgeShare({ hits: samples - hits, of: samples }, 1 - limit, 1);
  const numbers =
    `cache hits ${count(hits)} of ${count(samples)}: at 95% more than ${percent(1 - high)}, ` +
    `limit ${percent(limit)}`;
  const told = { ...base, value, samples };
  if (samples < samplesMin) {
    const reason = `${numbers}: too few to tell, ${count(samplesMin)} are needed`;
    return { ...told, verdict: 'hold', reason };
  }
  if (side === 'below') return { ...told, verdict: 'pass', reason: numbers };
  return { ...told, verdict: 'hold', reason: `${numbers}: too few hits yet` };
}
