/**
 * Rows of the game's tables as a store gives them, whichever database they come from. Ids are
 * 64-bit and therefore bigint, other integers are numbers, flags are booleans, and times and JSON
 * are as they were written. A column that the schema lets be null may be null.
 */

/** A time in any form that the bot has ever written; `src/game/time.ts` reads it. */
export type StoredTime = string | number | bigint;

export interface CardRow {
  card_id: string;
  name: string;
  /** `normal`, `epic` or `legend`. */
  rarity: string;
  power: number;
  speed: number;
  iq: number;
  popularity: number;
  /** JSON. */
  abilities: string;
  /** JSON. */
  dialogs: string | null;
  biography: string | null;
  image_path: string | null;
  created_at: StoredTime;
}

/** What of a card is shown beside its player's. */
export type DeckCard = Pick<
  CardRow,
  'card_id' | 'name' | 'rarity' | 'power' | 'speed' | 'iq' | 'popularity'
>;

export interface PlayerRow {
  user_id: bigint;
  username: string | null;
  first_name: string | null;
  hearts: number | null;
  lives: number | null;
  total_score: number | null;
  last_heart_reset: StoredTime | null;
  last_lives_reset: StoredTime | null;
  last_claim: StoredTime | null;
  created_at: StoredTime;
}

export interface PlayerCardRow {
  id: bigint;
  user_id: bigint;
  card_id: string;
  obtained_at: StoredTime;
  usage_count: number | null;
  is_favorite: boolean | null;
}

/** The database issues the id. */
export type NewPlayerCard = Omit<PlayerCardRow, 'id'>;

/** A row of `player_cards` with what its card shows. */
export interface OwnedCardRow
  extends Omit<PlayerCardRow, 'obtained_at'>,
    Omit<DeckCard, 'card_id'> {}

export interface FightRow {
  fight_id: string;
  challenger_id: bigint;
  /** 0 for a challenge that nobody has accepted. */
  opponent_id: bigint;
  challenger_card_id: string | null;
  opponent_card_id: string | null;
  challenger_stat: string | null;
  opponent_stat: string | null;
  status: string;
  /** Negative for a group. */
  chat_id: bigint | null;
  created_at: StoredTime;
  expires_at: StoredTime;
}

export interface FightHistoryRow {
  id: bigint;
  user_id: bigint | null;
  user_card_id: string | null;
  opponent_card_id: string | null;
  stat_used: string | null;
  /** `win`, `loss` or `tie`. */
  result: string | null;
  score_gained: number | null;
  hearts_lost: number | null;
  fought_at: StoredTime | null;
  fight_type: string | null;
  opponent_user_id: bigint | null;
}

/** The database issues the id. */
export type NewFightHistory = Omit<FightHistoryRow, 'id'>;

export interface CardCooldownRow {
  user_id: bigint;
  card_id: string;
  wins_count: number | null;
  last_win_time: StoredTime | null;
  cooldown_until: StoredTime | null;
  is_in_cooldown: boolean | null;
}

export interface CardCooldownSettingRow {
  card_id: string;
  win_limit: number | null;
  cooldown_hours: number | null;
  enabled: boolean | null;
}

/** One line of the leaderboard, summed up by the store. */
export interface LeaderboardRow {
  user_id: bigint;
  username: string | null;
  first_name: string | null;
  score: number;
  cards: number;
}

/** Rows of `fight_history` of one player, counted by the store. */
export interface FightCounts {
  wins: number;
  losses: number;
  ties: number;
}
