/** Names of keys in Redis, and for how long what they hold is good. */
export const KEYS = {
  cards: (userId: bigint) => `player_cards:${userId}`,
  profile: (userId: bigint) => `player_profile:${userId}`,
  lastWrite: (userId: bigint) => `player_write:${userId}`,
  leaderboard: (name: string) => `leaderboard:${name}`,
  rank: (score: number) => `rank:${score}`,
};

/** The leaderboard by `total_score`, of which ranks can be told. */
export const ALL_TIME = 'all';

/** A player's cards and profile, milliseconds. */
export const PLAYER_TTL_MS = 300_000;
/** Leaderboards and ranks, which nothing forgets, milliseconds. */
export const BOARD_TTL_MS = 30_000;
/** Where a player's last write is; a follower that is further behind reads nothing anyway. */
export const NOTE_TTL_MS = 60_000;
/** How long a load may take whose result is to be kept, milliseconds. */
export const TOKEN_TTL_MS = 10_000;

/** Within ±10%, so that what was loaded together does not expire together; whole milliseconds. */
export function jittered(ttlMs: number, random: () => number): number {
  return Math.round(ttlMs * (0.9 + 0.2 * random()));
}

/** The longest that `jittered` gives. */
export function longest(ttlMs: number): number {
  return Math.round(ttlMs * 1.1);
}
