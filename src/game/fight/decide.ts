import type {
  CardCooldownRow,
  CardCooldownSettingRow,
  CardRow,
  FightRow,
  NewFightHistory,
  PlayerRow,
} from '../../store/rows.js';
import { cooldownAfterWin } from '../cooldown.js';
import { heartsNow, withoutHearts } from '../hearts.js';
import { rarityOf } from '../rarity.js';
import { type Outcome, outcomeOf, type Result } from '../score.js';
import type { Stat } from '../stat.js';
import { type Now, writeTime } from '../time.js';
import { STATUS } from './status.js';

/** One player's part in a fight in which both have chosen both. */
export interface Fighter {
  player: PlayerRow;
  card: CardRow;
  stat: Stat;
  /** What `card_cooldowns` has of this player and card. */
  cooldown: CardCooldownRow | null;
  /** What `card_cooldown_settings` has of this card. */
  setting: CardCooldownSettingRow | null;
}

export interface Decision {
  fight: Pick<FightRow, 'status'>;
  challenger: DecidedSide;
  opponent: DecidedSide;
}

export interface DecidedSide extends Outcome {
  total: number;
  /** The player's columns as they are afterwards. */
  player: Pick<PlayerRow, 'user_id' | 'total_score' | 'hearts' | 'last_heart_reset'>;
  /** A row to insert. The card's `usage_count` rises by one with it. */
  history: NewFightHistory;
  /** A row to insert or replace; null when it stays as it is. */
  cooldown: CardCooldownRow | null;
}

/** Decides a fight: what both cards have of both chosen stats is compared. */
export function decideFight(challenger: Fighter, opponent: Fighter, now: Now): Decision {
  return {
    fight: { status: STATUS.finished },
    challenger: decideSide(challenger, opponent, now),
    opponent: decideSide(opponent, challenger, now),
  };
}

function decideSide(mine: Fighter, theirs: Fighter, now: Now): DecidedSide {
  const stats = [mine.stat, theirs.stat];
  const total = totalOf(mine.card, stats);
  const result = resultOf(total, totalOf(theirs.card, stats));
  const outcome = outcomeOf(result, rarityOf(mine.card), rarityOf(theirs.card));
  const { player, card, cooldown, setting } = mine;
  return {
    ...outcome,
    total,
    player: {
      user_id: player.user_id,
      total_score: (player.total_score ?? 0) + outcome.scoreGained,
      ...withoutHearts(heartsNow(player, now), outcome.heartsLost),
    },
    history: historyOf(mine, theirs, outcome, now),
    cooldown:
      result === 'win'
        ? cooldownAfterWin({ userId: player.user_id, card, cooldown, setting, now })
        : null,
  };
}

/** A stat that both have chosen counts twice. */
function totalOf(card: CardRow, stats: readonly Stat[]): number {
  return stats.reduce((total, stat) => total + card[stat], 0);
}

function resultOf(mine: number, theirs: number): Result {
  if (mine === theirs) return 'tie';
  return mine > theirs ? 'win' : 'loss';
}

function historyOf(mine: Fighter, theirs: Fighter, outcome: Outcome, now: Now): NewFightHistory {
  return {
    user_id: mine.player.user_id,
    user_card_id: mine.card.card_id,
    opponent_card_id: theirs.card.card_id,
    stat_used: mine.stat,
    result: outcome.result,
    score_gained: outcome.scoreGained,
    hearts_lost: outcome.heartsLost,
    fought_at: writeTime(now.ms, now.zone),
    fight_type: 'pvp',
    opponent_user_id: theirs.player.user_id,
  };
}
