export type Outcome = 'pass' | 'hold' | 'fail';

/** What one gate says, with the numbers that it says it by. */
export interface Verdict {
  gate: string;
  verdict: Outcome;
  /** One sentence for whoever is woken by it. */
  reason: string;
  /** In `unit`, like `limit`; null when it is not known. */
  value: number | null;
  limit: number;
  /** E.g. `ms`; `share` is 0 to 1. */
  unit: string;
  /** How many requests, readings or rows it was judged by; null when that is not known. */
  samples: number | null;
}

/** What all gates say together. Where nothing was judged, nothing is decided. */
export function overall(verdicts: readonly Verdict[]): Outcome {
  if (verdicts.some(({ verdict }) => verdict === 'fail')) return 'fail';
  const isPassed = verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'pass');
  return isPassed ? 'pass' : 'hold';
}

/** Why they say so: the reasons of those that decided. */
export function summary(verdicts: readonly Verdict[]): string {
  const verdict = overall(verdicts);
  if (verdict === 'pass') return `all ${verdicts.length} gates pass`;
  const deciding = verdicts.filter((each) => each.verdict === verdict);
  if (deciding.length === 0) return 'there is nothing to judge by';
  return deciding.map(({ gate, reason }) => `${gate}: ${reason}`).join('; ');
}

/** Nothing to judge by is no reason to pass. */
export function notKnown(gate: Pick<Verdict, 'gate' | 'limit' | 'unit'>, what: string): Verdict {
  const reason = `${what} not known: there are no numbers to judge by`;
  return { ...gate, verdict: 'hold', reason, value: null, samples: null };
}

/**
 * With a part of the numbers missing, what the rest shows can fail a gate, but not pass it.
 *
 * @param problems what is missing and why, a clause each
 */
export function allowingFor(problems: readonly string[], verdict: Verdict): Verdict {
  if (problems.length === 0 || verdict.verdict === 'fail') return verdict;
  return { ...verdict, verdict: 'hold', reason: `not all is known: ${problems.join('; ')}` };
}
