import type { Clock } from '../lib/clock.js';
import type { Dice } from './dice.js';

export interface ArrivalOptions {
  ratePerSecond: number;
  durationMs: number;
  /** Updates come evenly spaced, or at random as independent players send them (Poisson). */
  spacing: 'even' | 'poisson';
}

/**
 * The open model: updates are due at their rate, whatever becomes of those before.
 *
 * @param onDue gets the intended starts that have come since the last call, by the monotonic clock
 * @returns when the last was due, or on abort
 */
export function runArrivals(
  options: ArrivalOptions,
  onDue: (dueMs: number[]) => void,
  { clock, dice, signal }: { clock: Clock; dice: Dice; signal: AbortSignal },
): Promise<void> {
  const startMs = clock.monotonicMs();
  const offsets = offsetsMs(options, dice);
  let next = offsets.next();
  return new Promise((resolve, reject) => {
    const tick = () => {
      if (signal.aborted) return resolve();
      const nowMs = clock.monotonicMs() - startMs;
      const due: number[] = [];
      for (; !next.done && next.value <= nowMs; next = offsets.next()) {
        due.push(startMs + next.value);
      }
      try {
        if (due.length > 0) onDue(due);
      } catch (error) {
        return reject(error);
      }
      if (next.done) return resolve();
      return void setTimeout(tick, Math.min(next.value - nowMs, SLEEP_MS_MAX));
    };
    tick();
  });
}

/** So that an abort is seen soon, at any rate. */
const SLEEP_MS_MAX = 100;

/** The intended starts, in milliseconds from the first possible one. */
export function* offsetsMs(
  { ratePerSecond, durationMs, spacing }: ArrivalOptions,
  dice: Dice,
): Generator<number, void> {
  const gapMs = 1_000 / ratePerSecond;
  if (spacing === 'even') {
    const total = Math.round(durationMs / gapMs);
    for (let index = 0; index < total; index += 1) yield index * gapMs;
    return;
  }
  const gap = () => -Math.log(1 - dice.roll()) * gapMs;
  for (let at = gap(); at < durationMs; at += gap()) yield at;
}
