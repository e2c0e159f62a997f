import { CardctlError, messageOf } from '../../lib/errors.js';
import { runStep } from '../run.js';
import type { Step } from '../step.js';
import type { Cutover, Decision, Standing } from './context.js';
import { cutoverSteps } from './index.js';
import { rollBack } from './roll-back.js';

/** How a run ended that neither failed nor rolled back. */
export type CutoverEnd = { end: 'done' } | { end: 'held'; decision: Decision };

/**
 * Runs a cutover from wherever it stands: what is done already, by the facts, is not done again. A
 * gate that fails takes everything back.
 *
 * @param isGoingBack an earlier run had begun to take everything back, and was cut short
 * @throws CardctlError `rolled-back` once everything is as it was; `partway` where it stopped
 *   after something was changed; else the step's own error
 */
export async function runCutover(cutover: Cutover, isGoingBack: boolean): Promise<CutoverEnd> {
  const steps = cutoverSteps(cutover.plan);
  if (isGoingBack) {
    throw await back(steps, cutover, new Error('an earlier run had begun to go back'));
  }
  for (const step of steps) {
    if (step.skip?.(cutover) == null) await step.check?.(cutover);
  }
  let isChanged = hasBegun(cutover.standing);
  for (const step of steps) {
    const skipped = step.skip?.(cutover) ?? null;
    if (skipped !== null) {
      cutover.report({ type: 'step', step: step.title, state: 'skipped', detail: skipped });
      continue;
    }
    if (cutover.signal.aborted) throw stopped(cutover, isChanged, undefined);
    try {
      await runOne(step, cutover);
    } catch (error) {
      isChanged ||= step.changesTarget === 'bit by bit';
      if (isVerdict(error) && !cutover.signal.aborted) throw await back(steps, cutover, error);
      throw stopped(cutover, isChanged, error);
    }
    isChanged ||= step.changesTarget !== undefined;
    if (cutover.held !== null) return { end: 'held', decision: cutover.held };
  }
  return { end: 'done' };
}

function runOne(step: Step<Cutover>, cutover: Cutover): Promise<void> {
  cutover.facts = undefined;
  return runStep(
    step,
    () => step.run(cutover),
    cutover,
    cutover.journal,
    () => cutover.facts,
  );
}

function hasBegun({ isLinked, percent }: Standing): boolean {
  return isLinked || percent > 0;
}

/** A gate that failed, or requests that went elsewhere than they should. */
function isVerdict(error: unknown): boolean {
  return error instanceof CardctlError && error.code === 'rolled-back';
}

/** Returns what is to be thrown. */
async function back(
  steps: readonly Step<Cutover>[],
  cutover: Cutover,
  why: unknown,
): Promise<CardctlError> {
  const details = why instanceof CardctlError ? why.details : {};
  try {
    await rollBack(steps, cutover, messageOf(why));
  } catch (error) {
    const { percent, authority } = cutover.standing;
    return new CardctlError(
      'partway',
      `${messageOf(why)}; on the way back it stopped with ${percent}% at the fleet and ${authority} as the authority: ${cutover.signal.aborted ? 'interrupted' : messageOf(error)}`,
      {
        hint: 'go on with the way back: cardctl cutover   or at once: cardctl rollback',
        details,
        cause: error,
      },
    );
  }
  return new CardctlError(
    'rolled-back',
    `${messageOf(why)}; all traffic is with the legacy bots, and SQLite is the authority`,
    { hint: 'find out why, then begin again: cardctl cutover', details },
  );
}

function stopped(cutover: Cutover, isChanged: boolean, error: unknown): unknown {
  const isAbort = cutover.signal.aborted;
  if (!isChanged) return isAbort ? nothingChanged() : error;
  if (error instanceof CardctlError && error.code === 'usage') return error;
  const { percent, authority } = cutover.standing;
  const what = isAbort ? 'interrupted' : messageOf(error);
  return new CardctlError(
    'partway',
    `${what}; the fleet keeps ${percent}% of the traffic, and ${authority} is the authority`,
    {
      hint: `${ownHint(error)}go on with: cardctl cutover   or go back with: cardctl rollback`,
      cause: error,
    },
  );
}

function ownHint(error: unknown): string {
  const hint = error instanceof CardctlError ? (error.hint ?? '') : '';
  return hint.includes('cardctl ') ? `${hint}   then ` : '';
}

function nothingChanged(): CardctlError {
  return new CardctlError('interrupted', 'interrupted; nothing was changed', {
    hint: 'begin again with: cardctl cutover',
  });
}
