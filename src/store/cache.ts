import type { FightCounts, LeaderboardRow, OwnedCardRow, PlayerRow } from './rows.js';
import type { Position } from './store.js';

/** What `/profile` shows, but for the rank, which others' scores change. */
export interface CachedProfile {
  player: PlayerRow;
  counts: FightCounts;
}

/**
 * What is remembered of a store for a while. Never required: when it is away, slow or empty, each
 * call loads. A value that was loaded before a player's last write is never put back.
 *
 * For that, `load` itself must ask `lastWrite` and read behind it. Asked before the call, the answer
 * may be older than a write that was forgotten since; what a lagging replica gave would be kept.
 */
export interface Cache {
  cards(userId: bigint, load: () => Promise<OwnedCardRow[]>): Promise<OwnedCardRow[]>;
  /** Null when there is no such player; that is not remembered. */
  profile(userId: bigint, load: () => Promise<CachedProfile | null>): Promise<CachedProfile | null>;
  /** @param name which leaderboard, e.g. `week` */
  leaderboard(name: string, load: () => Promise<LeaderboardRow[]>): Promise<LeaderboardRow[]>;
  rank(score: number, load: () => Promise<number>): Promise<number>;

  /**
   * A write is committed: notes where it is for `userIds`, and then forgets what is known of
   * `touched`, so that whoever loads after that reads behind the note.
   */
  wrote(userIds: readonly bigint[], position: Position, touched: readonly bigint[]): Promise<void>;

  /** Forgets what is known of players, once a write that touched them is committed and noted. */
  forget(userIds: readonly bigint[]): Promise<void>;

  /** Notes where a player's last write is, for whichever bot reads for the player next. */
  noteWrite(userId: bigint, position: Position): Promise<void>;
  /** Null: nothing recent; `unknown`: nobody can tell now, so read where writes are. */
  lastWrite(userId: bigint): Promise<Position | null | 'unknown'>;

  close(): Promise<void>;
}
