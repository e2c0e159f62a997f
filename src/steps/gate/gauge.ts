import { amount } from './figures.js';
import type { Outcome } from './verdict.js';

/** Readings above the limit, one after the other, that are no passing moment any more. */
const READINGS_TO_FAIL = 10;

/** One reading shows no direction. */
const READINGS_MIN = 2;

/**
 * Judges a number that goes up and down, such as a queue's length. Above its limit it holds the
 * gate; above it at ten readings together and not falling, it fails it. Below the limit, but
 * risen by more than half of it since the gate began, it holds: it is on its way there.
 *
 * @param readings since the gate began, the latest last; null where one could not be read
 * @param told what it is, and its unit as it is written behind a number
 */
export function judgeGauge(
  readings: readonly (number | null)[],
  limit: number,
  { what, unit }: { what: string; unit: string },
): { verdict: Outcome; reason: string; value: number | null; samples: number } {
  const known = readings.filter(isKnown);
  const samples = known.length;
  const last = readings.at(-1) ?? null;
  if (!isKnown(last)) {
    const reason = `${what} is not known: there are no numbers to judge by`;
    return { verdict: 'hold', reason, value: null, samples };
  }
  const told = { value: last, samples };
  const numbers = `${what} ${amount(last)}${unit}, limit ${amount(limit)}${unit}`;
  if (last > limit) {
    const recent = known.slice(-READINGS_TO_FAIL);
    const stays = recent.length === READINGS_TO_FAIL && recent.every((each) => each > limit);
    const isFalling = last < recent[0]!;
    if (!stays || isFalling) return { ...told, verdict: 'hold', reason: numbers };
    const reason = `${numbers}: above it at each of the last ${READINGS_TO_FAIL} readings, and not falling`;
    return { ...told, verdict: 'fail', reason };
  }
  if (samples < READINGS_MIN) {
    return {
      ...told,
      verdict: 'hold',
      reason: `${numbers}: one reading does not show if it grows`,
    };
  }
  const first = known[0]!;
  if (last - first > limit / 2) {
    const reason = `${numbers}: growing, from ${amount(first)}${unit} when the gate began`;
    return { ...told, verdict: 'hold', reason };
  }
  return { ...told, verdict: 'pass', reason: numbers };
}

function isKnown(reading: number | null): reading is number {
  return reading !== null && reading >= 0;
}
