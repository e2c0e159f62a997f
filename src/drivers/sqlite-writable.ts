import Database from 'better-sqlite3';
import { CardctlError, codeOf, messageOf } from '../lib/errors.js';
import { refuseWhatIsNoFile } from './sqlite.js';
import { explainSourceError, isBusyError } from './sqlite-errors.js';

/** How long a lock that somebody else holds is waited for, milliseconds. Python's own default. */
const BUSY_TIMEOUT_MS = 5_000;

export interface WritableOptions {
  /** How long to wait for a lock, milliseconds; default 5,000. */
  busyTimeoutMs?: number;
}

/** A SQLite file that is written to while others do so too. */
export interface WritableFile {
  readonly path: string;
  readonly writer: Database.Database;
  /** Cannot write. */
  readonly reader: Database.Database;
  /** For whoever waits for a lock: the connections themselves never wait. */
  readonly busyTimeoutMs: number;
  isBusy(error: unknown): boolean;
  /** Says what is wrong, for what a connection threw. */
  explain(error: unknown): CardctlError;
  close(): void;
}

/**
 * Opens an existing SQLite file for writing, with the journal mode that it has and no foreign keys
 * enforced, as the bot leaves them. A commit is on the disk when it returns. Integers come as bigint.
 *
 * A lock that is held elsewhere throws SQLITE_BUSY at once: SQLite would wait for it in this thread,
 * and so keep the reader of this same process from ending what it holds.
 *
 * @throws CardctlError `source`, with a hint
 */
export function openWritable(path: string, options: WritableOptions = {}): WritableFile {
  const { busyTimeoutMs = BUSY_TIMEOUT_MS } = options;
  refuseWhatIsNoFile(path);
  const explain = (error: unknown) => explainWriteError(path, error, busyTimeoutMs);
  const opened: Database.Database[] = [];
  try {
    for (const readonly of [false, true]) opened.push(connect(path, readonly, busyTimeoutMs));
  } catch (error) {
    for (const db of opened) db.close();
    throw explain(error);
  }
  const [writer, reader] = opened as [Database.Database, Database.Database];
  return {
    path,
    writer,
    reader,
    busyTimeoutMs,
    isBusy: (error) => isBusyError(codeOf(error)),
    explain,
    close: () => {
      reader.close();
      writer.close();
    },
  };
}

/** The writer comes first: only it can roll back what a killed process has left. */
function connect(path: string, readonly: boolean, timeout: number): Database.Database {
  const db = new Database(path, { readonly, fileMustExist: true, timeout });
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    db.defaultSafeIntegers(true);
    db.pragma('foreign_keys = OFF');
    // better-sqlite3 lets the last commits of a WAL be lost with the power.
    if (!readonly) db.pragma('synchronous = FULL');
    db.pragma('busy_timeout = 0');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function explainWriteError(path: string, error: unknown, busyTimeoutMs: number): CardctlError {
  if (error instanceof CardctlError) return error;
  const code = codeOf(error) ?? '';
  const explained = (message: string, hint: string) =>
    new CardctlError('source', message, {
      hint,
      cause: error,
      details: { path, sqliteCode: code },
    });
  if (code === 'SQLITE_FULL') {
    return explained(`the disk of ${path} is full`, 'Free space on it; nothing was written.');
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return explained(
      `${path} cannot be written: ${messageOf(error)}`,
      'Run as the user that the bot runs as, on a disk that is writable.',
    );
  }
  if (code === 'SQLITE_ERROR' || code.startsWith('SQLITE_CONSTRAINT')) {
    return explained(
      `${path}: ${messageOf(error)} (${code})`,
      `Compare its tables with what the bot expects: sqlite3 -readonly ${path} .schema`,
    );
  }
  return explainSourceError(path, error, { busyTimeoutMs });
}
