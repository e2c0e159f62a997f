import { type Rarity, rankOf } from './rarity.js';

export type Result = 'win' | 'loss' | 'tie';

export interface Outcome {
  result: Result;
  scoreGained: number;
  heartsLost: number;
}

/** What a result brings and costs a player, by the rarity of both cards. */
export function outcomeOf(result: Result, mine: Rarity, theirs: Rarity): Outcome {
  switch (result) {
    case 'win':
      return { result, scoreGained: STAKES[mine][theirs].score, heartsLost: 0 };
    case 'loss':
      return { result, scoreGained: 0, heartsLost: STAKES[theirs][mine].hearts };
    case 'tie':
      return {
        result,
        scoreGained: TIE_SCORES[rankOf(theirs) - rankOf(mine)] ?? 0,
        heartsLost: mine === 'legend' && theirs === 'normal' ? 1 : 0,
      };
  }
}

/** What the winner gains and the loser loses: winner's rarity first, loser's second. */
const STAKES: Readonly<
  Record<Rarity, Readonly<Record<Rarity, { score: number; hearts: number }>>>
> = {
  normal: {
    normal: { score: 10, hearts: 1 },
    epic: { score: 15, hearts: 2 },
    legend: { score: 20, hearts: 3 },
  },
  epic: {
    normal: { score: 7, hearts: 0 },
    epic: { score: 10, hearts: 1 },
    legend: { score: 15, hearts: 2 },
  },
  legend: {
    normal: { score: 5, hearts: 0 },
    epic: { score: 7, hearts: 0 },
    legend: { score: 10, hearts: 1 },
  },
};

/** By how many rarities the player's card is the weaker one. */
const TIE_SCORES: Readonly<Record<number, number>> = { 1: 3, 2: 5 };
