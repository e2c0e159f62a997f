import type { PlayerRow } from '../../store/rows.js';
import { type Hearts, heartsNow, heartsRestoredInMs } from '../hearts.js';
import type { Now } from '../time.js';
import { allow, refuse, type Verdict } from '../verdict.js';

/** Who wants to fight, and with what. */
export interface Entrant {
  player: PlayerRow;
  cards: {
    owned: number;
    /** Those that do not rest. */
    ready: number;
  };
}

/** Whether a player may enter a fight at all: with a heart, and with a card that does not rest. */
export function mayEnter({ player, cards }: Entrant, now: Now): Verdict<{ player: Hearts }> {
  const hearts = heartsNow(player, now);
  if (hearts.hearts <= 0) {
    return refuse({ reason: 'noHearts', remainingMs: heartsRestoredInMs(player, now) });
  }
  if (cards.owned === 0) return refuse({ reason: 'noCards' });
  if (cards.ready === 0) return refuse({ reason: 'everyCardResting' });
  return allow({ player: hearts });
}
