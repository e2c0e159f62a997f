import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.js';

/** Keeps work to a rate. */
export interface Pace {
  /**
   * Waits until so much may be done.
   *
   * @throws AbortError as soon as the signal is aborted
   */
  take(amount: number): Promise<void>;
}

/** A steady rate per second from now on. Time that was not used is lost, not saved for a burst. */
export function paceOf(perSecond: number, clock: Clock, signal: AbortSignal): Pace {
  let freeAtMs = clock.monotonicMs();
  return {
    take: async (amount) => {
      signal.throwIfAborted();
      const startMs = Math.max(freeAtMs, clock.monotonicMs());
      freeAtMs = startMs + (amount / perSecond) * 1_000;
      const waitMs = startMs - clock.monotonicMs();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal });
    },
  };
}
