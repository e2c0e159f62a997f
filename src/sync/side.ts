import type { Authority, StoreKind } from './authority.js';
import type { FollowedTable } from './followed-table.js';
import type { Position } from './position.js';

/** What one transaction of the follower is made of: all that changed between two positions. */
export interface ChangeSet {
  /** Of the authority in whose log it was read. */
  epoch: number;
  from: Position;
  to: Position;
  /** Log entries; many changes of one row are many entries. */
  entries: number;
  /**
   * More was logged than was taken. What the set makes of the follower is then no state that the
   * authority was ever in; the sets behind it lead to one.
   */
  hasMore: boolean;
  tables: TableChanges[];
}

/** The keys of a table that changed, and the rows that they name now. A key without a row is gone. */
export interface TableChanges {
  table: FollowedTable;
  /** Each once: the fields of `table.key`, as the target writes them, unescaped. */
  keys: string[][];
  /** `table.columns` as COPY text, a line a row, in no order. NULL is `NULL_TEXT`. */
  rows: Buffer;
  rowCount: number;
}

/** How far a database has followed the other. */
export interface Applied {
  epoch: number;
  position: Position;
  /** False between sets of which the earlier one said that there was more. */
  isConsistent: boolean;
}

/** What one database says of itself, read at one moment. */
export interface SideFacts {
  /** Capture, fence and change log are in place. */
  isInstalled: boolean;
  /**
   * The random id that the source was given when its capture was installed. The target remembers
   * whose copy it is, so that it never follows another file.
   */
  sourceId: string | null;
  authority: Authority;
  /** Null when it never followed. Of an earlier epoch while a change of authority is unfinished. */
  applied: Applied | null;
  /** The end of its own change log. */
  logged: Position;
}

/** By the source's table name: a number above every id that was ever issued there. */
export type NextIds = ReadonlyMap<string, bigint>;

/**
 * One of the two databases. Both implement all of it: each is the authority in turn, and follow,
 * promote and demote are written once, over two of these.
 */
export interface Side {
  readonly kind: StoreKind;
  facts(): Promise<SideFacts>;

  /**
   * As the authority: reads all that was logged behind a position, and the rows as they are in the
   * same snapshot. Null when nothing was.
   *
   * @throws CardctlError `refused` when this database is not the authority of this epoch any more,
   * when its schema has changed, or when it is another database than the one that was followed
   */
  readChanges(behind: Position, epoch: number): Promise<ChangeSet | null>;
  /** Resolves when something may have been written, or after `ms`. */
  changed(ms: number, signal: AbortSignal): Promise<void>;
  /** As the authority: drops log entries that the follower has; never the last one. */
  forget(through: Position, epoch: number): Promise<void>;
  nextIds(): Promise<NextIds>;
  /** As the authority: logs these rows as if they had changed, so that they are copied again. */
  touch(rows: readonly { table: FollowedTable; keys: string[][] }[]): Promise<void>;

  /**
   * As the follower: makes the rows of the set what they are in the authority, reads them back,
   * compares every byte, and commits them together with the position.
   *
   * @throws CardctlError `refused` when this database is not a follower at `changes.from` in this
   * epoch, or when what was read back is not what was written, by table and key
   */
  apply(changes: ChangeSet): Promise<void>;

  /**
   * As the follower: commits a write that changes nothing. While the fence is up, what cannot be
   * written here can neither be completed nor given up.
   *
   * @throws CardctlError `refused` when an applier's transaction is still open after `waitMsMax`
   */
  expectWritable(waitMsMax: number): Promise<void>;

  /**
   * As the authority: refuses every writer from now on, waits for those that had begun, and returns
   * the last position. Called again it returns the same.
   *
   * @throws CardctlError `refused` when writers have not ended within `waitMsMax`; nothing is fenced then
   */
  raiseFence(epoch: number, waitMsMax: number): Promise<Position>;
  /**
   * As the authority whose fence is up: lets writers in again, under `epoch`, the next one, with its
   * log as it is. The follower has to be told by `stayFollower` first.
   */
  lowerFence(epoch: number): Promise<void>;
  /**
   * As the follower: goes on following, from where it is, under a later epoch. From then on nobody
   * can make it the authority under this one: what gives up a change of authority and what completes
   * it are decided in the same row, so that only one of them can happen.
   *
   * @throws CardctlError `refused` when it has taken the authority already
   */
  stayFollower(epoch: number): Promise<void>;
  /**
   * As the follower: becomes the authority under a new epoch, with an empty log, and never issues an
   * id below `nextIds`. One transaction: from here on the only way is forward.
   */
  takeAuthority(epoch: number, nextIds: NextIds): Promise<void>;
  /** As the former authority: becomes the follower of the other's new epoch, from its log's origin. */
  yieldAuthority(epoch: number): Promise<void>;

  close(): Promise<void>;
}
