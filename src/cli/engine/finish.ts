import { CardctlError } from '../../lib/errors.js';
import type { Deps } from '../../steps/step.js';
import { readPair } from '../../sync/pair.js';
import { type BrokenForeignKey, validateForeignKeys } from '../../sync/postgres/foreign-keys.js';
import { removeFollower } from '../../sync/postgres/install.js';
import { openPair, type PairRequest } from './pair.js';

/**
 * Refuses to end a move that is not at its end.
 *
 * @param percent the fleet's share of the traffic; null when nobody knows
 */
export async function checkFinish(
  request: PairRequest,
  percent: number | null,
  { signal }: Deps,
): Promise<void> {
  const { pair, close } = await openPair(request, 'none', signal);
  try {
    const { authority, unfinished } = await readPair(pair);
    if (authority.store !== 'postgres' || unfinished !== null) {
      throw notAtItsEnd('SQLite is still the authority', 'cardctl promote');
    }
    if (percent !== null && percent < 100) {
      throw notAtItsEnd(
        `${percent}% of the traffic goes to the fleet`,
        'cardctl shift --percent 100',
      );
    }
  } finally {
    await close();
  }
}

/**
 * Takes the scaffolding of follow out of Postgres; who the authority is stays, and SQLite stays
 * fenced: a legacy bot that somebody starts by mistake must not write into a file that nobody reads.
 */
export async function finishMove(
  request: PairRequest,
  { signal }: Deps,
): Promise<{ foreignKeys: BrokenForeignKey[] }> {
  // The lease: nobody else applies changes, or will.
  const { target, close } = await openPair(request, 'required', signal);
  try {
    await removeFollower(target);
    return { foreignKeys: await validateForeignKeys(target) };
  } finally {
    await close();
  }
}

function notAtItsEnd(what: string, next: string): CardctlError {
  return new CardctlError('refused', `the move is not at its end: ${what}`, {
    hint: `go on with: ${next}   or see where it stands: cardctl status`,
  });
}
