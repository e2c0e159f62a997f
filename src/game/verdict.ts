/** What a rule says of a move: allowed, with what to store, or refused, with the reason. */
export type Verdict<Allowed> = ({ allowed: true } & Allowed) | { allowed: false; refusal: Refusal };

/** Why a move is refused; `src/game/texts` has a sentence for each reason. */
export type Refusal =
  | { reason: 'claimTooSoon'; remainingMs: number }
  | { reason: 'everyCardOwned' }
  | { reason: 'noHearts'; remainingMs: number }
  | { reason: 'noCards' }
  | { reason: 'everyCardResting' }
  | { reason: 'notInGroup' }
  | { reason: 'noSuchFight' }
  | { reason: 'fightExpired' }
  | { reason: 'fightTaken' }
  | { reason: 'ownFight' }
  | { reason: 'notYourFight' }
  | { reason: 'fightNotAccepted' }
  | { reason: 'fightOver' }
  | { reason: 'cardAlreadyChosen' }
  | { reason: 'cardNotOwned' }
  | { reason: 'cardResting'; remainingMs: number }
  | { reason: 'chooseCardFirst' }
  | { reason: 'statAlreadyChosen' }
  | { reason: 'notYourButtons' };

export function allow<Allowed extends object>(allowed: Allowed): { allowed: true } & Allowed {
  return { allowed: true, ...allowed };
}

export function refuse(refusal: Refusal): { allowed: false; refusal: Refusal } {
  return { allowed: false, refusal };
}
