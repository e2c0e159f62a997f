import { amount, count, percent } from './figures.js';
import { above, type Buckets, type Histogram, histogramOf } from './histogram.js';
import { judgeShare } from './proportion.js';
import { notKnown, type Verdict } from './verdict.js';

export interface UpdateAgeLimits {
  updateAgeS: number;
  samplesMin: number;
}

/** One straggler holds the gate. More than this share of them is no accident. */
const OLD = 0.01;

/**
 * Whether every update came soon after its player had sent it. When bots fail, Telegram slows down
 * and the error rate falls; what it delivers then is old.
 *
 * @param buckets of seconds, what was observed since the gate began; null when it could not be read
 */
export function judgeUpdateAge(
  buckets: Buckets | null,
  { updateAgeS: limit, samplesMin }: UpdateAgeLimits,
  looks: number,
): Verdict {
  const base = { gate: 'update-age', limit, unit: 's' };
  const histogram = histogramOf(buckets);
  if (histogram === null) {
    return notKnown(base, 'the age of updates is');
  }
  const samples = histogram.total;
  const { atLeast, atMost } = above(histogram, limit);
  const oldest = oldestOf(histogram);
  const say = (older: number, rest: string) =>
    `oldest update ${oldest.text}, limit ${amount(limit)} s: ${count(older)} of ${count(samples)} older${rest}`;
  const told = { ...base, value: oldest.valueS, samples };
  const old = judgeShare(atLeast, OLD, looks);
  if (old.side === 'above') {
    const reason = say(
      atLeast.hits,
      `, at 95% more than ${percent(old.low)} where ${percent(OLD)} may`,
    );
    return { ...told, verdict: 'fail', reason };
  }
  if (samples === 0 || samples < samplesMin) {
    const reason = say(atMost.hits, `: too few to tell, ${count(samplesMin)} are needed`);
    return { ...told, verdict: 'hold', reason };
  }
  const verdict = atMost.hits === 0 ? 'pass' : 'hold';
  return { ...told, verdict, reason: say(atMost.hits, '') };
}

/** As the buckets tell it: the bound that the oldest is not above, or the last that it is above. */
function oldestOf({ edges, counts, total }: Histogram): { valueS: number | null; text: string } {
  if (total === 0) return { valueS: null, text: 'unknown' };
  const i = counts.indexOf(total);
  const upper = edges[i]!;
  if (upper !== Infinity) return { valueS: upper, text: `at most ${amount(upper)} s` };
  const lower = edges[i - 1] ?? 0;
  return { valueS: lower, text: `above ${amount(lower)} s` };
}
