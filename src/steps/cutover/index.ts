import type { Step } from '../step.js';
import type { Cutover, CutoverPlan } from './context.js';
import { gateAfterPromote, gateAt } from './gate.js';
import { assess, backUp, followed, migrate, ready, verify, warm } from './prepare.js';
import { promote, warmAgain } from './promote.js';
import { shiftTo } from './shift.js';

/** A whole cutover, in order. What takes it back is these, from the last to the first. */
export function cutoverSteps({ steps, promoteAfter }: CutoverPlan): Step<Cutover>[] {
  return [
    assess,
    backUp,
    migrate,
    followed,
    verify,
    ready,
    warm,
    ...steps.flatMap((percent, i) => [
      shiftTo(percent, steps[i - 1] ?? 0),
      gateAt(percent, percent === promoteAfter),
      ...(percent === promoteAfter ? [promote, warmAgain, gateAfterPromote(percent)] : []),
    ]),
  ];
}
