import type { Clock } from '../lib/clock.js';
import type { PlayEvent } from '../lib/report.js';
import { sum, type Tally } from './tally.js';

const INTERVAL_MS = 1_000;

export function startProgress(
  { tally, delivery }: { tally: Tally; delivery: { readonly backlog: number } },
  clock: Clock,
  report: (event: PlayEvent) => void,
): { phase(phase: PlayEvent['phase']): void; stop(): void } {
  const startedMs = clock.monotonicMs();
  let [dueBefore, beforeMs, phase] = [0, startedMs, 'load' as PlayEvent['phase']];
  const timer = setInterval(() => {
    const nowMs = clock.monotonicMs();
    const seconds = (nowMs - beforeMs) / 1_000;
    report({
      type: 'play',
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
