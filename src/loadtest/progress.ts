import type { Clock } from '../lib/clock.js';
import { sum, type Tally } from './tally.js';

/** Once a second. */
export interface LoadProgress {
  type: 'progress';
  phase: Phase;
  elapsedSeconds: number;
  /** Updates due and acknowledged since the last event. */
  duePerSecond: number;
  acknowledgedPerSecond: number;
  /** Of what was acknowledged since the last event; 0 when nothing was. */
  p99Ms: number;
  /** Failed attempts so far. */
  errors: number;
  /** Updates that are due and not acknowledged. */
  backlog: number;
}

type Phase = 'load' | 'drain';

const INTERVAL_MS = 1_000;

export function startProgress(
  { tally, delivery }: { tally: Tally; delivery: { readonly backlog: number } },
  clock: Clock,
  report: (event: LoadProgress) => void,
): { phase(phase: Phase): void; stop(): void } {
  const startedMs = clock.monotonicMs();
  let [dueBefore, beforeMs, phase] = [0, startedMs, 'load' as Phase];
  const timer = setInterval(() => {
    const nowMs = clock.monotonicMs();
    const seconds = (nowMs - beforeMs) / 1_000;
    report({
      type: 'progress',
      phase,
      elapsedSeconds: (nowMs - startedMs) / 1_000,
      duePerSecond: (tally.due - dueBefore) / seconds,
      acknowledgedPerSecond: tally.lastSecond.count / seconds,
      p99Ms: tally.lastSecond.percentileMs(99),
      errors: sum(tally.errors),
      backlog: delivery.backlog,
    });
    [dueBefore, beforeMs] = [tally.due, nowMs];
    tally.lastSecond.clear();
  }, INTERVAL_MS);
  return {
    phase: (next) => {
      phase = next;
    },
    stop: () => clearInterval(timer),
  };
}
