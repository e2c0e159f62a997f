import { CardctlError } from '../../lib/errors.js';
import type { Step } from '../step.js';
import type { Cutover } from './context.js';

/**
 * The gate of a step. One whose step lies behind is not measured again, but for that before a
 * promote which has yet to come.
 */
export function gateAt(percent: number, isBeforePromote: boolean): Step<Cutover> {
  return {
    name: `gate-${percent}`,
    title: `gate at ${percent}%`,
    skip: ({ standing }) => {
      const isPromoted = standing.authority === 'postgres' && standing.unfinished === null;
      if (isBeforePromote) return isPromoted ? 'Postgres is the authority already' : null;
      return standing.percent > percent ? `the fleet gets ${standing.percent}%` : null;
    },
    run: measure,
  };
}

export function gateAfterPromote(percent: number): Step<Cutover> {
  return {
    name: 'gate-promoted',
    title: `gate at ${percent}%, with Postgres as the authority`,
    skip: ({ standing }) =>
      standing.percent > percent ? `the fleet gets ${standing.percent}%` : null,
    run: measure,
  };
}

/** @throws CardctlError `rolled-back`: whoever runs the steps takes them back */
async function measure(cutover: Cutover): Promise<string> {
  const { percent } = cutover.standing;
  const decision = await cutover.work.measure(percent);
  const { verdict, reason, verdicts, seconds } = decision;
  cutover.facts = { percent, verdict, verdicts, seconds };
  if (verdict === 'fail') {
    throw new CardctlError('rolled-back', `the gate at ${percent}% failed: ${reason}`, {
      details: { percent, verdicts },
    });
  }
  if (verdict === 'hold') cutover.held = decision;
  return `${verdict}: ${reason}`;
}
