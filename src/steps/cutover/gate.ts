import { CardctlError } from '../../lib/errors.js';
import type { Step } from '../step.js';
import type { Cutover } from './context.js';

/**
 * The gate of a step. One whose step lies behind is not measured again, but for that before a
 * promote which has yet to come.
 */
export function gateAt(percent: number, isBeforePromote: boolean): Step<Cutover> {
  const title = `gate at ${percent}%`;
  return {
    name: `gate-${percent}`,
    title,
    skip: ({ standing: { authority, unfinished, percent: present } }) => {
      if (!isBeforePromote) return present > percent ? `the fleet gets ${present}%` : null;
      // Players wait as long as a change is unfinished: their errors say nothing of the fleet.
      if (unfinished !== null) return 'it has passed: a change of authority was begun';
      return authority === 'postgres' ? 'Postgres is the authority already' : null;
    },
    run: (cutover) => measure(cutover, title),
  };
}

export function gateAfterPromote(percent: number): Step<Cutover> {
  const title = `gate at ${percent}%, with Postgres as the authority`;
  return {
    name: 'gate-promoted',
    title,
    skip: ({ standing }) =>
      standing.percent > percent ? `the fleet gets ${standing.percent}%` : null,
    run: (cutover) => measure(cutover, title),
  };
}

/** @throws CardctlError `rolled-back`: whoever runs the steps takes them back */
async function measure(cutover: Cutover, title: string): Promise<string> {
  const { percent } = cutover.standing;
  const decision = await cutover.work.measure(cutover.standing, title);
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
