import type { CardCooldownRow, FightRow, PlayerCardRow } from '../../store/rows.js';
import { restRemainingMs } from '../cooldown.js';
import type { Stat } from '../stat.js';
import type { Now } from '../time.js';
import { allow, refuse, type Verdict } from '../verdict.js';
import { NOBODY, type Side, STATUS, sideOf, statusOf } from './status.js';

export interface CardChoice {
  fight: FightRow;
  userId: bigint;
  /** The row that was picked; null when there is none by that id. */
  playerCard: Pick<PlayerCardRow, 'user_id' | 'card_id'> | null;
  /** What `card_cooldowns` has of this player and card. */
  cooldown: CardCooldownRow | null;
  now: Now;
}

export interface StatChoice {
  fight: FightRow;
  userId: bigint;
  stat: Stat;
}

/** The columns of a fight that a choice sets. */
export type ChosenColumns = Partial<
  Pick<
    FightRow,
    'challenger_card_id' | 'opponent_card_id' | 'challenger_stat' | 'opponent_stat' | 'status'
  >
>;

export interface Chosen {
  side: Side;
  fight: ChosenColumns;
  /** Both have chosen both: it is to be decided, in the same transaction. */
  isComplete: boolean;
}

/** A player chooses a card: one's own, one that does not rest, and only once. */
export function chooseCard(choice: CardChoice): Verdict<Chosen> {
  const { fight, userId, playerCard, cooldown, now } = choice;
  const turn = turnOf(fight, userId);
  if (!turn.allowed) return turn;
  const column = `${turn.side}_card_id` as const;
  if (fight[column] !== null) return refuse({ reason: 'cardAlreadyChosen' });
  if (playerCard?.user_id !== userId) return refuse({ reason: 'cardNotOwned' });
  const remainingMs = restRemainingMs(cooldown, now);
  if (remainingMs > 0) return refuse({ reason: 'cardResting', remainingMs });
  return chosen(fight, turn.side, { [column]: playerCard.card_id });
}

/** A player chooses a stat, once, after a card; the other player's choices are not waited for. */
export function chooseStat({ fight, userId, stat }: StatChoice): Verdict<Chosen> {
  const turn = turnOf(fight, userId);
  if (!turn.allowed) return turn;
  const column = `${turn.side}_stat` as const;
  if (fight[column] !== null) return refuse({ reason: 'statAlreadyChosen' });
  if (fight[`${turn.side}_card_id`] === null) return refuse({ reason: 'chooseCardFirst' });
  return chosen(fight, turn.side, { [column]: stat });
}

function turnOf(fight: FightRow, userId: bigint): Verdict<{ side: Side }> {
  const side = sideOf(fight, userId);
  if (side === null) return refuse({ reason: 'notYourFight' });
  if (fight.opponent_id === NOBODY) return refuse({ reason: 'fightNotAccepted' });
  return fight.status === STATUS.finished ? refuse({ reason: 'fightOver' }) : allow({ side });
}

function chosen(fight: FightRow, side: Side, columns: ChosenColumns): Verdict<Chosen> {
  const status = statusOf({ ...fight, ...columns });
  return allow({ side, fight: { ...columns, status }, isComplete: status === STATUS.finished });
}
