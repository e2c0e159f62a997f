import { accessSync, constants, existsSync, type Stats, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { CardctlError, codeOf } from '../lib/errors.js';
import { explainSourceError, isHotJournalError } from './sqlite-errors.js';

/** How long a lock held by the bot is waited for, milliseconds. Python's own default. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * A hot journal is believed only when it stays hot this long, milliseconds. A reader that is
 * descheduled between SQLite's two looks at a busy writer's journal sees one that is not there.
 */
const HOT_JOURNAL_PATIENCE_MS = 500;

export interface SourceOptions {
  /** How long to wait for a lock, milliseconds; default 5,000. Blocks the thread meanwhile. */
  busyTimeoutMs?: number;
  /** Integers come back as bigint, so that ids above 2^53 survive; default true. */
  safeIntegers?: boolean;
}

/** An open read-only connection to the source. */
export interface Source {
  readonly path: string;
  readonly db: Database.Database;
  /** `wal`, or `rollback` for DELETE, TRUNCATE and PERSIST, which only a writer can tell apart. */
  readonly journalMode: JournalMode;
  /** Closes the connection and leaves beside the file what was there before. */
  close(): void;
}

export type JournalMode = 'wal' | 'rollback';

/**
 * Opens an existing SQLite file strictly read-only and reads its schema once, so that whatever is
 * wrong with the file is said here, in words.
 *
 * Holds no lock when it returns. Never opens the file except through SQLite while it is sound:
 * closing any other descriptor of it would drop the POSIX locks of every connection of this
 * process. Whoever needs the raw bytes of a live source reads them in a process of its own.
 *
 * @throws CardctlError `source`, with a hint, when the file is missing, a directory, empty, not
 *   SQLite, truncated, corrupt, unreadable, locked past the timeout, or needs a recovery that
 *   only a writer can do.
 */
export function openSource(path: string, options: SourceOptions = {}): Source {
  const { busyTimeoutMs = BUSY_TIMEOUT_MS, safeIntegers = true } = options;
  refuseWhatIsNoFile(path);
  const hadWal = existsSync(`${path}-wal`);
  const db = connect(path, busyTimeoutMs);
  try {
    readSchemaOnce(db);
    db.defaultSafeIntegers(safeIntegers);
    const journalMode = journalModeOf(db);
    return {
      path,
      db,
      journalMode,
      close: () => {
        db.close();
        if (journalMode === 'wal' && !hadWal) tidyEmptyWal(path);
      },
    };
  } catch (error) {
    db.close();
    if (!hadWal) tidyEmptyWal(path);
    throw explainSourceError(path, error, { busyTimeoutMs });
  }
}

/** The journal mode by the file's header, as this connection sees it now. */
export function journalModeOf(db: Database.Database): JournalMode {
  return db.pragma('journal_mode', { simple: true }) === 'wal' ? 'wal' : 'rollback';
}

/** @throws CardctlError `source` when the path is no file that can be read, or an empty one */
export function refuseWhatIsNoFile(path: string): void {
  let stats: Stats;
  try {
    stats = statSync(path);
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw explainSourceError(path, error);
  }
  if (stats.isDirectory()) {
    throw new CardctlError('source', `${path} is a directory, not a database file`, {
      hint: 'Give the path of the SQLite file itself, with --source.',
    });
  }
  if (!stats.isFile()) {
    throw new CardctlError('source', `${path} is not a regular file`, {
      hint: 'Give the path of the SQLite file itself, with --source.',
    });
  }
  if (stats.size === 0) {
    throw new CardctlError('source', `${path} is empty (0 bytes)`, {
      hint: 'SQLite makes an empty file when a bot opens a wrong path. Look for the real database and give it with --source.',
    });
  }
}

function connect(path: string, busyTimeoutMs: number): Database.Database {
  try {
    return new Database(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  } catch (error) {
    throw explainSourceError(path, error, { busyTimeoutMs });
  }
}

function readSchemaOnce(db: Database.Database): void {
  const deadline = performance.now() + HOT_JOURNAL_PATIENCE_MS;
  for (;;) {
    try {
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      return;
    } catch (error) {
      if (!isHotJournalError(codeOf(error)) || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/**
 * Lets SQLite remove the empty `-wal` and the `-shm` that a read-only connection to a WAL database
 * creates and cannot remove: the last connection that closes does it, under an exclusive lock, and
 * only one that may write gets that lock. With a WAL of no frames there is nothing to checkpoint,
 * so no byte of the database changes. A WAL with frames is the bot's, and stays.
 */
function tidyEmptyWal(path: string): void {
  try {
    if (statSync(`${path}-wal`).size > 0) return;
    const db = new Database(path, { fileMustExist: true, timeout: 0 });
    try {
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
    } finally {
      db.close();
    }
  } catch {
    // No WAL, no permission, or somebody else is using it and will tidy up when they leave.
  }
}
