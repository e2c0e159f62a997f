import type { FightRow } from '../../store/rows.js';

/** How far a fight has come, as `active_fights.status` says it. */
export const STATUS = {
  /** The column's default. */
  waitingOpponent: 'waiting_opponent',
  selectingCards: 'selecting_cards',
  selectingStats: 'selecting_stats',
  finished: 'finished',
} as const;

/** `opponent_id` of a challenge that nobody has accepted. */
export const NOBODY = 0n;

export type Side = 'challenger' | 'opponent';

/** Which side a player is on; null for an onlooker. */
export function sideOf(fight: FightRow, userId: bigint): Side | null {
  if (fight.challenger_id === userId) return 'challenger';
  return fight.opponent_id === userId ? 'opponent' : null;
}

/**
 * The status that the choices amount to. The columns decide, not the old status: rows that another
 * version of the bot has left may have words of their own there.
 */
export function statusOf(fight: FightRow): string {
  const { challenger_card_id, opponent_card_id, challenger_stat, opponent_stat } = fight;
  if (fight.opponent_id === NOBODY) return STATUS.waitingOpponent;
  if (challenger_card_id === null || opponent_card_id === null) return STATUS.selectingCards;
  if (challenger_stat === null || opponent_stat === null) return STATUS.selectingStats;
  return STATUS.finished;
}
