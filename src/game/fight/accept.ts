import type { FightRow } from '../../store/rows.js';
import type { Hearts } from '../hearts.js';
import { type Now, readTime } from '../time.js';
import { allow, refuse, type Verdict } from '../verdict.js';
import { type Entrant, mayEnter } from './enter.js';
import { NOBODY, STATUS } from './status.js';

export interface Acceptance {
  fight: FightRow;
  opponent: Entrant;
  now: Now;
}

export interface Accepted {
  fight: Pick<FightRow, 'opponent_id' | 'status'>;
  /** The opponent's hearts, which may just have been restored. */
  player: Hearts;
}

/**
 * The first other player takes a challenge that is still open. The row must be locked from before
 * it is read until this is stored: two may press at once.
 */
export function acceptFight({ fight, opponent, now }: Acceptance): Verdict<Accepted> {
  const { user_id } = opponent.player;
  if (fight.opponent_id !== NOBODY || fight.status !== STATUS.waitingOpponent) {
    return refuse({ reason: 'fightTaken' });
  }
  if (fight.challenger_id === user_id) return refuse({ reason: 'ownFight' });
  if (isExpired(fight, now)) return refuse({ reason: 'fightExpired' });
  const entry = mayEnter(opponent, now);
  if (!entry.allowed) return entry;
  return allow({
    fight: { opponent_id: user_id, status: STATUS.selectingCards },
    player: entry.player,
  });
}

/** Whether a challenge can no longer be accepted. A fight that was accepted does not expire. */
export function isExpired(fight: FightRow, now: Now): boolean {
  const expiresMs = readTime(fight.expires_at, now.zone);
  return fight.opponent_id === NOBODY && (expiresMs === null || now.ms >= expiresMs);
}
