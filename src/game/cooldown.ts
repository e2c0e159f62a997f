import type {
  CardCooldownRow,
  CardCooldownSettingRow,
  CardRow,
  OwnedCardRow,
  StoredTime,
} from '../store/rows.js';
import { rarityOf } from './rarity.js';
import { HOUR_MS, type Now, readTime, writeTime } from './time.js';

const WIN_LIMIT = 10;
const COOLDOWN_HOURS = 24;

export interface CardWin {
  userId: bigint;
  card: Pick<CardRow, 'card_id' | 'rarity'>;
  /** What `card_cooldowns` has of this player and card. */
  cooldown: CardCooldownRow | null;
  /** What `card_cooldown_settings` has of this card. */
  setting: CardCooldownSettingRow | null;
  now: Now;
}

/** The row of `card_cooldowns` after a win; null when the card is one that never rests. */
export function cooldownAfterWin(win: CardWin): CardCooldownRow | null {
  const { userId, card, cooldown, setting, now } = win;
  if (rarityOf(card) === 'normal' || setting?.enabled === false) return null;
  const wins = winsSinceRest(cooldown, now) + 1;
  const rests = wins >= (setting?.win_limit ?? WIN_LIMIT);
  const restMs = (setting?.cooldown_hours ?? COOLDOWN_HOURS) * HOUR_MS;
  return {
    user_id: userId,
    card_id: card.card_id,
    wins_count: wins,
    last_win_time: writeTime(now.ms, now.zone),
    cooldown_until: rests ? writeTime(now.ms + restMs, now.zone) : null,
    is_in_cooldown: rests,
  };
}

/** How long the card still rests; 0 when it does not. A rest that is over may still be marked. */
export function restRemainingMs(cooldown: RestColumns | null, now: Now): number {
  if (cooldown?.is_in_cooldown !== true) return 0;
  const untilMs = readTime(cooldown.cooldown_until, now.zone);
  return untilMs === null ? 0 : Math.max(0, untilMs - now.ms);
}

/** The cards that can fight now. */
export function readyCards(
  cards: readonly OwnedCardRow[],
  cooldowns: readonly CardCooldownRow[],
  now: Now,
): OwnedCardRow[] {
  const resting = new Set(
    cooldowns
      .filter((cooldown) => restRemainingMs(cooldown, now) > 0)
      .map(({ card_id }) => card_id),
  );
  return cards.filter(({ card_id }) => !resting.has(card_id));
}

interface RestColumns {
  is_in_cooldown: boolean | null;
  cooldown_until: StoredTime | null;
}

/**
 * A rest that is over begins a new count. A card that won while it rests was chosen before the
 * rest began.
 */
function winsSinceRest(cooldown: CardCooldownRow | null, now: Now): number {
  if (cooldown === null) return 0;
  const isRestOver = cooldown.is_in_cooldown === true && restRemainingMs(cooldown, now) === 0;
  return isRestOver ? 0 : (cooldown.wins_count ?? 0);
}
