import type { ActivityColumn } from '../../snapshot/take/recent-users.js';

/**
 * The names that the game gives its tables. Nothing else here knows them: a source that has other
 * ones is assessed all the same, with its users unknown.
 */
export const PLAYERS_TABLE = 'players';

/** Columns that are written when a player does something. */
export const ACTIVITY_COLUMNS: ActivityColumn[] = [
  { table: 'players', user: 'user_id', time: 'last_claim' },
  { table: 'players', user: 'user_id', time: 'last_heart_reset' },
  { table: 'players', user: 'user_id', time: 'last_lives_reset' },
  { table: 'players', user: 'user_id', time: 'created_at' },
  { table: 'fight_history', user: 'user_id', time: 'fought_at' },
  { table: 'player_cards', user: 'user_id', time: 'obtained_at' },
];
