import type { Target } from '../../drivers/postgres.js';
import { CardctlError } from '../../lib/errors.js';
import { readProof } from '../../sync/postgres/proof.js';

/** Something that must hold before the authority moves. */
export interface PromoteCheck {
  what: string;
  /** Null when it holds. */
  problem: string | null;
  /** What to do about it. */
  hint: string;
}

/** @param surroundings what was found out about bots, weights and backups */
export async function findPromoteChecks(
  target: Target,
  surroundings: readonly PromoteCheck[],
): Promise<PromoteCheck[]> {
  const proof = await readProof(target);
  return [
    {
      what: 'both sides were found equal in every value',
      problem: proof === null ? 'no full verify since the load, or it found differences' : null,
      hint: 'compare every value: cardctl verify',
    },
    ...surroundings,
  ];
}

/** @throws CardctlError `refused`, with everything that does not hold */
export function refuseUnlessAll(checks: readonly PromoteCheck[]): void {
  const failed = checks.filter(({ problem }) => problem !== null);
  if (failed.length === 0) return;
  throw new CardctlError(
    'refused',
    `not yet:\n${failed.map(({ what, problem }) => `  ${what}: ${problem}`).join('\n')}`,
    { hint: failed[0]?.hint ?? 'cardctl status', details: { checks } },
  );
}
