import { count, percent } from './figures.js';
import { type Counted, isCounted, judgeShare, neededFor } from './proportion.js';
import { notKnown, type Verdict } from './verdict.js';

export interface ErrorRateLimits {
  /** A share, above 0 and below 1. */
  errorRate: number;
  samplesMin: number;
}

/**
 * Whether errors are rarer than the limit, at 95%.
 *
 * @param requests errors of requests; null when they could not be read
 * @param looks how often the gate looks in all
 */
export function judgeErrorRate(
  gate: string,
  requests: Counted | null,
  { errorRate: limit, samplesMin }: ErrorRateLimits,
  looks: number,
): Verdict {
  const base = { gate, limit, unit: 'share' };
  if (requests === null || !isCounted(requests)) {
    return notKnown(base, 'errors are');
  }
  const { hits: errors, of: samples } = requests;
  const value = samples === 0 ? null : errors / samples;
  const { side, low, high } = judgeShare(requests, limit, looks);
  const say = (bounds: string, rest = '') =>
    `errors ${count(errors)} of ${count(samples)}: at 95% ${bounds}, limit ${percent(limit)}${rest}`;
  const told = { ...base, value, samples };
  if (side === 'above')
    return { ...told, verdict: 'fail', reason: say(`more than ${percent(low)}`) };
  const bounds = `less than ${percent(high)}`;
  if (side === 'below' && samples >= samplesMin) {
    return { ...told, verdict: 'pass', reason: say(bounds) };
  }
  const needed = Math.max(samplesMin, neededFor(errors, limit));
  const rest = `: too few to tell, ${count(needed)} are needed${errors > 0 ? ' without one more' : ''}`;
  return { ...told, verdict: 'hold', reason: say(bounds, rest) };
}
