import { sideOf } from '../../game/fight/status.js';
import type { FightRow } from '../../store/rows.js';
import type { Ask } from '../classify.js';

/** Whether one side of a fight presses what is in the message of the other. */
export function isForAnother({ press, who }: Ask, fight: FightRow): boolean {
  const forUserId = press?.forUserId ?? null;
  if (forUserId === null || forUserId === who.user_id) return false;
  return sideOf(fight, who.user_id) !== null;
}
