import type { EdgeServer } from '../../edge/config.js';
import { CardctlError } from '../../lib/errors.js';
import type { CutoverPlan } from './context.js';

/** As configured, or as given on the command line. */
export interface Wanted extends CutoverPlan {
  /** It was asked for on the command line. */
  isPromoteAfterGiven: boolean;
}

/**
 * What a cutover will do.
 *
 * A legacy bot that is somebody's own knows of no authority: once SQLite is fenced, it can neither
 * write nor hand over. So the authority moves only when it has no traffic any more, at 100%.
 *
 * @throws CardctlError `usage` for steps that make no sense, or that such a bot forbids
 */
export function planCutover(
  { steps, promoteAfter, isPromoteAfterGiven }: Wanted,
  bots: readonly EdgeServer[],
): CutoverPlan {
  refuseSteps(steps);
  const foreign = bots.find(isForeignLegacy);
  if (foreign !== undefined) {
    if (isPromoteAfterGiven && promoteAfter !== 100) throw foreignHasTraffic(foreign);
    return { steps, promoteAfter: 100 };
  }
  if (steps.includes(promoteAfter)) return { steps, promoteAfter };
  throw new CardctlError('usage', `${promoteAfter} is none of the steps: ${steps.join(', ')}`, {
    hint: 'name one of them: cardctl cutover --promote-after N',
  });
}

function refuseSteps(steps: readonly number[]): void {
  const isRising = steps.every(
    (percent, i) => Number.isInteger(percent) && percent > (steps[i - 1] ?? 0),
  );
  if (isRising && steps.at(-1) === 100) return;
  throw new CardctlError('usage', `${steps.join(',')} are no steps of a cutover`, {
    hint: 'whole percentages that rise to 100: cardctl cutover --steps 10,25,50,100',
  });
}

/** A cardbot has an admin listener. */
function isForeignLegacy({ stack, adminUrl }: EdgeServer): boolean {
  return stack === 'legacy' && adminUrl === undefined;
}

function foreignHasTraffic({ name }: EdgeServer): CardctlError {
  return new CardctlError(
    'usage',
    `${name} is no cardbot: the authority cannot move before it is without traffic`,
    { hint: 'leave the option out, or promote at the end: cardctl cutover --promote-after 100' },
  );
}
