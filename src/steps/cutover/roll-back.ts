import { messageOf } from '../../lib/errors.js';
import { runStep } from '../run.js';
import type { Step, Undo } from '../step.js';
import type { Cutover } from './context.js';

/** In the journal, around all that goes back: one without an end has to be gone on with. */
export const ROLLBACK = 'rollback';

/**
 * Takes the steps back, from the last to the first: so each state on the way back is one that the way
 * there has been through. The load stays; the target goes on following.
 *
 * @throws unknown what a part threw that cannot be left out; the next call goes on there
 */
export async function rollBack(
  steps: readonly Step<Cutover>[],
  cutover: Cutover,
  why: string,
): Promise<void> {
  const { journal, report } = cutover;
  report({ type: 'note', level: 'warning', message: `going back: ${why}` });
  journal.stepStarted(ROLLBACK);
  try {
    await warmForReturn(cutover);
    for (const undo of undos(steps)) {
      if (!undo.isDue(cutover)) continue;
      cutover.signal.throwIfAborted();
      await undoOne(undo, cutover);
    }
    journal.stepDone(ROLLBACK, why);
  } catch (error) {
    journal.stepFailed(ROLLBACK, error);
    throw error;
  }
}

/** From the last step to the first. */
function undos(steps: readonly Step<Cutover>[]): Undo<Cutover>[] {
  return steps.toReversed().flatMap(({ undo }) => undo ?? []);
}

function undoOne(undo: Undo<Cutover>, cutover: Cutover): Promise<void> {
  cutover.facts = undefined;
  return runStep(
    undo,
    () => undo.run(cutover),
    cutover,
    cutover.journal,
    () => cutover.facts,
  );
}

/** Who comes back to the legacy bots asks the same cache. It is no reason to stay. */
async function warmForReturn({ work, standing, report }: Cutover): Promise<void> {
  if (work.warm === null || standing.percent === 0) return;
  try {
    const { outcome } = await work.warm();
    report({ type: 'note', level: 'info', message: `warm for the way back: ${outcome}` });
  } catch (error) {
    const message = `the cache could not be warmed for the way back: ${messageOf(error)}`;
    report({ type: 'note', level: 'warning', message });
  }
}
