import type { Authority, StoreKind } from '../sync/authority.js';
import type { Reads } from './reads.js';
import type { Writes } from './writes.js';

export type { Authority, StoreKind } from '../sync/authority.js';

/**
 * How far a database was when something was written: opaque text that only a store of the same kind
 * can compare (a WAL address for Postgres).
 */
export type Position = string;

/** One call of the Bot API, as it will be sent. */
export interface Reply {
  /** `sendMessage`, `editMessageText`, … */
  method: string;
  payload: Record<string, unknown>;
}

/** What became of an update that may change something. */
export type Written =
  /** Its effect and its replies are committed, and the replies are not sent yet. */
  | { outcome: 'applied'; replies: Reply[]; position: Position | null; touched: bigint[] }
  /** It was applied before: here are the replies of then, unless they are known to be sent. */
  | { outcome: 'repeated'; replies: Reply[] }
  /** This database is not the authority, or nobody is for the moment. Nothing was done. */
  | { outcome: 'refused'; authority: Authority };

/** Replies that were committed and are not known to be sent. */
export interface Unsent {
  updateId: bigint;
  replies: Reply[];
}

/** The game's state in one database, with the ledger of the updates that were applied to it. */
export interface Store {
  readonly kind: StoreKind;

  /** Reads who may write from the database itself. */
  authority(): Promise<Authority>;

  /**
   * Applies an update once, however often it comes: its ledger entry, its effect and its replies
   * are one transaction. `effect` may run again when the transaction has to be repeated
   * (serialization failure, deadlock), so it must do nothing but call `writes`.
   *
   * @throws CardctlError `source` or `target` when the database cannot be reached; nothing was done
   */
  write(updateId: bigint, effect: (writes: Writes) => Promise<Reply[]>): Promise<Written>;

  /**
   * Reads at one moment, from the nearest copy that has reached `behind`.
   *
   * @param behind what the reader has written itself: waits briefly for a copy that has it, else
   *   reads from where it was written, as for `unknown`
   * @param body may run again, on another copy, so it must do nothing but call `reads`
   * @param statements `one` for a body that asks for one thing only: it needs no transaction
   */
  read<Result>(
    behind: Position | null | 'unknown',
    body: (reads: Reads) => Promise<Result>,
    statements?: 'one' | 'several',
  ): Promise<Result>;

  /**
   * Notes that the replies of these updates were sent, and forgets them; safe to call late or twice.
   *
   * @returns false when nothing was noted: this database is not the authority
   */
  markSent(updateIds: readonly bigint[]): Promise<boolean>;

  /**
   * Takes up to `limit` updates whose replies have waited unsent for longer than `olderThanMs`, the
   * oldest first. Nobody else is given them for as long again.
   */
  unsent(olderThanMs: number, limit: number): Promise<Unsent[]>;

  /**
   * Forgets ledger entries older than `olderThanMs` (at least 48 h), and says how many. From then on
   * updates with those ids or lower are `repeated`. The newest entry is always kept.
   */
  prune(olderThanMs: number): Promise<number>;

  /** The Bot API's id of a picture that was uploaded before, or null. */
  fileId(imagePath: string): Promise<string | null>;
  rememberFileId(imagePath: string, fileId: string): Promise<void>;

  close(): Promise<void>;
}
