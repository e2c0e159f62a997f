import { CardctlError, messageOf } from '../lib/errors.js';
import type { Deps, Step } from './step.js';

/** Where a run writes down what it did, so that it can be resumed. */
export interface StepJournal {
  stepStarted(name: string): void;
  stepDone(name: string, outcome: string, facts?: Record<string, unknown>): void;
  stepFailed(name: string, error: unknown, facts?: Record<string, unknown>): void;
}

/**
 * Runs the steps in order: first every check, then every step, each written to the journal.
 *
 * Abort, journal and what a failure means are decided here and nowhere else.
 *
 * @param isHalfMade the target was changed by the run that this one goes on with
 * @throws CardctlError the step's own error; `partway` once the target has been changed;
 *   `interrupted` on abort before that
 */
export async function runSteps<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  deps: Deps,
  journal: StepJournal,
  isHalfMade = false,
): Promise<void> {
  for (const step of steps) {
    if (step.skip?.(context) == null) await step.check?.(context);
  }
  let targetChanged = isHalfMade;
  for (const step of steps) {
    const skipped = step.skip?.(context) ?? null;
    if (skipped !== null) {
      deps.report({ type: 'step', step: step.title, state: 'skipped', detail: skipped });
      continue;
    }
    throwIfAborted(deps.signal, targetChanged);
    try {
      await runStep(step, () => step.run(context), deps, journal);
    } catch (error) {
      targetChanged ||= step.changesTarget === 'bit by bit';
      throw asRunError(error, step, deps.signal, targetChanged);
    }
    targetChanged ||= step.changesTarget !== undefined;
  }
}

/**
 * Does the work of one step, told and written down.
 *
 * @param facts the numbers of the outcome, for the journal; asked for when the work has ended
 * @throws unknown what the work throws
 */
export async function runStep(
  { name, title }: { name: string; title: string },
  work: () => Promise<string>,
  { report, clock, signal }: Deps,
  journal: StepJournal,
  facts: () => Record<string, unknown> | undefined = () => undefined,
): Promise<void> {
  const started = clock.monotonicMs();
  const seconds = () => (clock.monotonicMs() - started) / 1000;
  report({ type: 'step', step: title, state: 'started' });
  journal.stepStarted(name);
  try {
    const detail = await work();
    journal.stepDone(name, detail, facts());
    report({ type: 'step', step: title, state: 'done', seconds: seconds(), detail });
  } catch (error) {
    journal.stepFailed(name, error, facts());
    const detail = signal.aborted ? 'interrupted' : messageOf(error);
    report({ type: 'step', step: title, state: 'failed', seconds: seconds(), detail });
    throw error;
  }
}

function throwIfAborted(signal: AbortSignal, targetChanged: boolean): void {
  if (!signal.aborted) return;
  if (targetChanged) throw partway('was interrupted', undefined);
  throw interrupted();
}

function asRunError<Context>(
  error: unknown,
  step: Step<Context>,
  signal: AbortSignal,
  targetChanged: boolean,
): unknown {
  if (error instanceof CardctlError && (error.code === 'refused' || error.code === 'usage')) {
    return error;
  }
  if (signal.aborted) {
    const cause = error instanceof Error && error.name === 'AbortError' ? undefined : error;
    return targetChanged ? partway('was interrupted', cause) : interrupted();
  }
  return targetChanged ? partway(`failed in step "${step.title}"`, error) : error;
}

function partway(what: string, cause: unknown): CardctlError {
  const because = cause === undefined ? '' : `: ${messageOf(cause)}`;
  return new CardctlError('partway', `the run ${what}${because}`, {
    cause,
    hint: 'go on where it stopped with: cardctl migrate --resume',
  });
}

function interrupted(): CardctlError {
  return new CardctlError('interrupted', 'interrupted; nothing was changed', {
    hint: 'run the same command again',
  });
}
