import { CardctlError } from '../lib/errors.js';
import { type FaultPoint, noFaults } from '../lib/fault.js';
import { type Authority, newerOf, otherThan, type StoreKind } from './authority.js';
import type { Side, SideFacts } from './side.js';

/** The two databases of a move. */
export interface Pair {
  sqlite: Side;
  postgres: Side;
}

/** What the two databases say, put together. */
export interface PairFacts {
  sqlite: SideFacts;
  postgres: SideFacts;
  /** What holds. */
  authority: Authority;
  /** A change of authority that somebody began and did not end; null when there is none. */
  unfinished: Unfinished | null;
}

export type Unfinished =
  /** Nobody may write. It can still be given up, and be gone on with. */
  | 'fenced'
  /** The other side has taken the authority: the former one has to be told. */
  | 'taken'
  /** It was given up: the authority has to let its writers in again. */
  | 'given up';

/** Reads what both databases say. */
export async function readPair({ sqlite, postgres }: Pair): Promise<PairFacts> {
  const [one, other] = await Promise.all([sqlite.facts(), postgres.facts()]);
  return joinFacts(one, other);
}

/** @throws CardctlError `refused` when the two are no pair, or contradict each other */
export function joinFacts(sqlite: SideFacts, postgres: SideFacts): PairFacts {
  if (sqlite.isInstalled && postgres.isInstalled && sqlite.sourceId !== postgres.sourceId) {
    throw new CardctlError('refused', 'the target is the copy of another source file', {
      hint: 'give the --source that it was loaded from, or load it anew: cardctl migrate --follow --clean',
      details: { source: sqlite.sourceId, target: postgres.sourceId },
    });
  }
  const authority = newerOf(sqlite.authority, postgres.authority);
  const said = { sqlite: sqlite.authority, postgres: postgres.authority };
  const its = said[authority.store];
  const others = said[otherThan(authority.store)];
  const facts = { sqlite, postgres, authority };
  if (its.epoch === others.epoch) {
    if (its.store !== others.store) throw contradiction(said);
    return { ...facts, authority: its, unfinished: its.moving ? 'fenced' : null };
  }
  // Its capture was taken away, and with it what it said: only the other side's is left to go.
  if (!sqlite.isInstalled) return { ...facts, unfinished: null };
  // Only a side that takes the authority, or one that stays a follower, is ever ahead of the other.
  return { ...facts, unfinished: its.epoch > others.epoch ? 'taken' : 'given up' };
}

function contradiction(said: Record<StoreKind, Authority>): CardctlError {
  return new CardctlError(
    'refused',
    `each database says that it is the authority, or that the other is, in epoch ${said.sqlite.epoch}`,
    {
      hint: 'stop all bots, find out which one is right, and say so: cardctl authority --to sqlite|postgres',
      details: { ...said },
    },
  );
}

/** Ends what somebody else began and was past giving up; idempotent. */
export async function settle(pair: Pair, facts: PairFacts): Promise<PairFacts> {
  const { authority, unfinished } = facts;
  if (unfinished === 'taken') {
    await pair[otherThan(authority.store)].yieldAuthority(authority.epoch);
  } else if (unfinished === 'given up') {
    await pair[authority.store].lowerFence(authority.epoch);
  } else return facts;
  return readPair(pair);
}

/** Gives up a change of authority whose fence is up: the same side is the authority again. */
export async function giveUp(
  pair: Pair,
  { authority }: PairFacts,
  fault: FaultPoint = noFaults,
): Promise<void> {
  const epoch = authority.epoch + 1;
  await pair[otherThan(authority.store)].stayFollower(epoch);
  fault('give-up-told');
  await pair[authority.store].lowerFence(epoch);
}
