import type { PlayerRow } from '../store/rows.js';
import { HOUR_MS, type Now, readTime, writeTime } from './time.js';

export const HEARTS_A_DAY = 10;
const RESTORED_AFTER_MS = 24 * HOUR_MS;

export type HeartColumns = Pick<PlayerRow, 'hearts' | 'last_heart_reset'>;

export interface Hearts {
  hearts: number;
  last_heart_reset: PlayerRow['last_heart_reset'];
}

/**
 * What the player's hearts are now. They are restored a day after they last were, and at once when
 * it is not known when that was; hearts above the day's ten are not taken away.
 */
export function heartsNow(player: HeartColumns, now: Now): Hearts {
  const hearts = player.hearts ?? HEARTS_A_DAY;
  if (heartsRestoredInMs(player, now) > 0) {
    return { hearts, last_heart_reset: player.last_heart_reset };
  }
  return {
    hearts: Math.max(hearts, HEARTS_A_DAY),
    last_heart_reset: writeTime(now.ms, now.zone),
  };
}

/** What is left of them after a fight. */
export function withoutHearts({ hearts, last_heart_reset }: Hearts, lost: number): Hearts {
  return { hearts: Math.max(0, hearts - lost), last_heart_reset };
}

/** How long until the player's hearts are restored; 0 when now. */
export function heartsRestoredInMs(
  { last_heart_reset }: Pick<PlayerRow, 'last_heart_reset'>,
  now: Now,
): number {
  const lastMs = readTime(last_heart_reset, now.zone);
  return lastMs === null ? 0 : Math.max(0, lastMs + RESTORED_AFTER_MS - now.ms);
}
