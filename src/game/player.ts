import type { PlayerRow } from '../store/rows.js';
import { HEARTS_A_DAY } from './hearts.js';
import { type Now, writeTime } from './time.js';

const LIVES = 10;

/** The row of somebody who is seen for the first time. */
export function newPlayer(
  who: Pick<PlayerRow, 'user_id' | 'username' | 'first_name'>,
  now: Now,
): PlayerRow {
  const at = writeTime(now.ms, now.zone);
  return {
    user_id: who.user_id,
    username: who.username,
    first_name: who.first_name,
    hearts: HEARTS_A_DAY,
    lives: LIVES,
    total_score: 0,
    last_heart_reset: at,
    last_lives_reset: at,
    last_claim: null,
    created_at: at,
  };
}
