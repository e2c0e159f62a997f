import type { PairFacts } from '../sync/pair.js';

export interface MoveSituation {
  facts: PairFacts;
  /** A process applies changes now. */
  isFollowed: boolean;
  /** Both sides were found equal, whole, and every change since was compared. */
  isProven: boolean;
  /** The fleet's share of the traffic; null when that is not known. */
  percent: number | null;
}

/** What comes next in a live move, by what the two databases say; null when there is none. */
export function moveAdvice(situation: MoveSituation): { words: string[]; why: string } | null {
  const { facts, isFollowed, isProven, percent } = situation;
  const { authority, unfinished } = facts;
  if (!facts.sqlite.isInstalled || !facts.postgres.isInstalled) return null;
  const finish = authority.store === 'postgres' ? 'promote' : 'demote';
  if (unfinished === 'taken') {
    return { words: [finish], why: `a ${finish} was cut short behind the point of no return` };
  }
  if (unfinished === 'given up') {
    return { words: [finish], why: 'a change of authority was given up, and not to the end' };
  }
  if (unfinished === 'fenced') {
    const other = authority.store === 'sqlite' ? 'promote' : 'demote';
    return {
      words: [other],
      why: `nobody may write: a ${other} is under way, or was cut short. This goes on with it; cardctl ${finish} gives it up`,
    };
  }
  if (!isFollowed) return { words: ['follow'], why: 'nobody keeps the two sides equal' };
  if (authority.store === 'sqlite') {
    if (!isProven) return { words: ['verify'], why: 'the two sides were not compared whole' };
    return { words: ['promote'], why: 'the target is an exact copy, and follows' };
  }
  if (percent !== null && percent < 100) {
    return { words: ['shift', '--percent', '100'], why: 'Postgres is the authority' };
  }
  return {
    words: ['finish'],
    why: 'all traffic is on the fleet. Until then cardctl rollback takes everything back',
  };
}
