import { messageOf } from '../../lib/errors.js';
import type { Step } from '../step.js';
import { type Cutover, holdFor, noted, nowStands } from './context.js';

/** @param before the share to go back to */
export function shiftTo(percent: number, before: number): Step<Cutover> {
  return {
    name: `shift-${percent}`,
    title: `shift ${percent}% to the fleet`,
    changesTarget: 'whole',
    skip: ({ standing }) => {
      const isThere =
        standing.percent > percent || (standing.percent === percent && standing.isSettled);
      return isThere ? `the fleet gets ${standing.percent}%` : null;
    },
    run: async (cutover) => {
      // A bot may be slow for a moment: that is no reason to stop.
      const serving = percent === 100 ? (['fleet'] as const) : (['legacy', 'fleet'] as const);
      const missing = await cutover.work.untilReady(serving);
      return missing === null ? shift(cutover, percent) : holdFor(cutover, missing);
    },
    undo: {
      name: `back-to-${before}`,
      title: `shift back to ${before}%`,
      isDue: ({ standing }) => standing.percent > before,
      run: (cutover) => shiftBack(cutover, before),
    },
  };
}

async function shift(cutover: Cutover, percent: number): Promise<string> {
  const done = await cutover.work.shift(percent);
  nowStands(cutover, { percent, isSettled: true });
  return noted(cutover, done);
}

/**
 * A share that still gives traffic to a fleet that cannot take it is left out on the way back: the
 * next one is lower. Only the last, to none, has to be.
 */
async function shiftBack(cutover: Cutover, percent: number): Promise<string> {
  try {
    return await shift(cutover, percent);
  } catch (error) {
    if (percent === 0 || cutover.signal.aborted) throw error;
    return `left out: ${messageOf(error)}`;
  }
}
