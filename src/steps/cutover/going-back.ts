import type { Run } from '../../journal/runs.js';
import { ROLLBACK } from './roll-back.js';

/**
 * Whether an earlier run had begun to take everything back, and did not come to its end: then it is
 * gone on with, however well the gates may look by now. A `cardctl rollback` that was done since
 * ends it, too.
 *
 * @param runs oldest first, without the one that asks
 */
export function isGoingBack(runs: readonly Run[]): boolean {
  const last = runs.findLast(
    ({ command, state, steps }) =>
      (command === 'cutover' && steps.length > 0) || (command === 'rollback' && state === 'done'),
  );
  const rollback = last?.steps.findLast(({ name }) => name === ROLLBACK);
  return rollback !== undefined && rollback.state !== 'done';
}

/** Whether the last cutover came to its end, and nothing was taken back since. */
export function isAtItsEnd(runs: readonly Run[]): boolean {
  const moves = ['cutover', 'rollback', 'shift', 'promote', 'demote'];
  const last = runs.findLast(({ command }) => moves.includes(command));
  return last?.command === 'cutover' && last.state === 'done' && last.result?.end === 'done';
}
