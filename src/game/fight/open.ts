import type { FightRow } from '../../store/rows.js';
import type { Hearts } from '../hearts.js';
import { type Now, writeTime } from '../time.js';
import { allow, refuse, type Verdict } from '../verdict.js';
import { type Entrant, mayEnter } from './enter.js';
import { NOBODY, STATUS } from './status.js';

export const CHALLENGE_EXPIRES_MS = 15 * 60_000;

export interface Opening {
  fightId: string;
  chatId: bigint;
  challenger: Entrant;
  now: Now;
}

export interface Opened {
  fight: FightRow;
  /** The challenger's hearts, which may just have been restored. */
  player: Hearts;
}

/** A challenge to everybody in a group. Telegram gives groups negative ids. */
export function openFight({ fightId, chatId, challenger, now }: Opening): Verdict<Opened> {
  if (chatId >= 0n) return refuse({ reason: 'notInGroup' });
  const entry = mayEnter(challenger, now);
  if (!entry.allowed) return entry;
  return allow({
    player: entry.player,
    fight: {
      fight_id: fightId,
      challenger_id: challenger.player.user_id,
      opponent_id: NOBODY,
      challenger_card_id: null,
      opponent_card_id: null,
      challenger_stat: null,
      opponent_stat: null,
      status: STATUS.waitingOpponent,
      chat_id: chatId,
      created_at: writeTime(now.ms, now.zone),
      expires_at: writeTime(now.ms + CHALLENGE_EXPIRES_MS, now.zone),
    },
  });
}
