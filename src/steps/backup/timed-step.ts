import type { Clock } from '../../lib/clock.js';
import type { Report } from '../../lib/report.js';

/**
 * Runs `body` between the events of a step.
 *
 * @param body returns the detail for the last event
 */
export async function timedStep(
  step: string,
  { clock, report }: { clock: Clock; report: Report },
  body: () => Promise<string>,
): Promise<void> {
  const startedMs = clock.monotonicMs();
  const seconds = () => (clock.monotonicMs() - startedMs) / 1_000;
  report({ type: 'step', step, state: 'started' });
  try {
    const detail = await body();
    report({ type: 'step', step, state: 'done', seconds: seconds(), detail });
  } catch (error) {
    report({ type: 'step', step, state: 'failed', seconds: seconds() });
    throw error;
  }
}
