import type { Position, StoreKind } from './store.js';

/** What a statement's `$1`, `$2`, … stand for. */
export type Value = string | number | bigint | null;

export type Row = Readonly<Record<string, unknown>>;

/** Runs statements on one connection, in the order in which they are given. */
export interface Executor {
  readonly dialect: Dialect;
  /** @throws CardctlError `source` or `target` */
  run(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /** Runs a statement without waiting for it. When it fails, its transaction cannot commit. */
  send(sql: string, values?: readonly Value[]): void;
}

/** What the SQL of the two databases cannot say in the same way. */
export interface Dialect {
  readonly kind: StoreKind;
  /** Locks the rows that are read; SQLite locks them all when a transaction begins to write. */
  readonly forUpdate: 'FOR UPDATE' | '';
  readonly forUpdateSkipLocked: 'FOR UPDATE SKIP LOCKED' | '';
  readonly authorityTable: string;
  /** What follows a column that may have any id of a list. */
  isListed(parameter: string): string;
  listOf(ids: readonly bigint[]): string;
  /** The time of the database's machine, Unix milliseconds. */
  readonly nowMs: string;
  /** Gives a row when the table `$1` exists. */
  readonly findTable: string;
}

/** Transactions on one of the two databases. */
export interface Database {
  readonly dialect: Dialect;
  /**
   * Runs `body` in a transaction that no change of the authority can cut into, and ends it as the
   * body says. `body` runs again when the transaction has to be repeated.
   */
  change<Result>(
    body: (db: Executor) => Promise<Ending<Result>>,
    options?: ChangeOptions,
  ): Promise<Changed<Result>>;
  read<Result>(where: ReadFrom, body: (db: Executor) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** How a transaction is to end. */
export interface Ending<Result> {
  commit: boolean;
  result: Result;
}

export interface Changed<Result> {
  result: Result;
  /** Where the database was when it had committed; null when it rolled back, or cannot tell. */
  position: Position | null;
}

export interface ChangeOptions {
  /** Waits until no other change is under way, and keeps new ones out. Default false. */
  alone?: boolean;
}

export interface ReadFrom {
  /** `nearest`: a copy that has reached `behind`; `authority`: where writes are. */
  copy: 'nearest' | 'authority';
  behind: Position | null;
  /** `one` needs no transaction. */
  statements: 'one' | 'several';
}
