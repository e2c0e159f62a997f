import { CardctlError, codeOf, messageOf } from '../lib/errors.js';
import { describeBytes, type FileHead, readHead } from './sqlite-head.js';

/** The smallest page that SQLite has. */
const PAGE_BYTES_MIN = 512;

export interface SourceErrorFacts {
  /** How long the lock was waited for, milliseconds. */
  busyTimeoutMs?: number;
}

/**
 * Says what is wrong with the source, whose it is and what to do, from the code of what SQLite or
 * the file system threw. A CardctlError passes through as it is.
 *
 * Reads the first bytes of a file that SQLite will not open, in order to say what it looks like.
 */
export function explainSourceError(
  path: string,
  error: unknown,
  facts: SourceErrorFacts = {},
): CardctlError {
  if (error instanceof CardctlError) return error;
  const code = codeOf(error) ?? '';
  const { message, hint, details } = explain(path, code, messageOf(error), facts);
  return new CardctlError('source', message, {
    hint,
    cause: error,
    details: { path, sqliteCode: code, ...details },
  });
}

/** SQLITE_BUSY in any of its forms: somebody holds a lock that may be gone in a moment. */
export function isBusyError(code: string | undefined): boolean {
  return code?.startsWith('SQLITE_BUSY') ?? false;
}

/** The journal beside the database belongs to no live writer, as far as SQLite can see. */
export function isHotJournalError(code: string | undefined): boolean {
  return code === 'SQLITE_READONLY_ROLLBACK';
}

interface Explanation {
  message: string;
  hint: string;
  details?: Record<string, unknown>;
}

function explain(
  path: string,
  code: string,
  text: string,
  { busyTimeoutMs = 0 }: SourceErrorFacts,
): Explanation {
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return {
      message: `${path} does not exist`,
      hint: 'Give the path of the SQLite file with --source, or set it in the config.',
    };
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'SQLITE_PERM' || code === 'SQLITE_AUTH') {
    return {
      message: `${path} cannot be read: permission denied`,
      hint: 'Run as the user that the bot runs as.',
    };
  }
  if (isBusyError(code)) return explainLocked(path, busyTimeoutMs);
  if (isHotJournalError(code)) return explainHotJournal(path);
  if (code === 'SQLITE_NOTADB') return explainNoDatabase(path, readHead(path));
  if (code.startsWith('SQLITE_CORRUPT')) return explainCorrupt(path, text, readHead(path));
  const cannotOpen = code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY');
  if (cannotOpen) return explainCannotOpen(path, text, readHead(path));
  if (code.startsWith('SQLITE_IOERR') || code === 'EIO') {
    return {
      message: `${path}: the disk failed while it was read (${code}: ${text})`,
      hint: 'Look at the system log (dmesg) for disk errors, and copy the file to a healthy disk.',
    };
  }
  return {
    message: `${path} cannot be read as a SQLite database: ${text}`,
    hint: `Try it with the sqlite3 shell: sqlite3 -readonly ${path} .schema`,
  };
}

function explainLocked(path: string, busyTimeoutMs: number): Explanation {
  return {
    message: `${path} stayed locked for ${(busyTimeoutMs / 1_000).toFixed(1)} s`,
    hint: `Something holds a long write transaction or an exclusive lock: find it with 'fuser -v ${path}', let it end or stop it, then run this again.`,
    details: { waitedMs: busyTimeoutMs },
  };
}

function explainHotJournal(path: string): Explanation {
  return {
    message: `${path} was left in the middle of a write: its journal ${path}-journal must be rolled back first, which cannot be done read-only`,
    hint: `Start the bot once, or run: sqlite3 ${path} 'SELECT count(*) FROM sqlite_schema'. On a read-only disk, copy both files to a writable one and do it there.`,
  };
}

function explainNoDatabase(path: string, head: FileHead | undefined): Explanation {
  const looks = head === undefined ? undefined : describeBytes(head.bytes);
  return {
    message: `${path} is not a SQLite database${looks === undefined ? '' : `: ${looks.what}`}`,
    hint: looks?.hint ?? 'Give the path of the SQLite file with --source.',
  };
}

function explainCorrupt(path: string, text: string, head: FileHead | undefined): Explanation {
  if (head !== undefined && head.fileBytes < PAGE_BYTES_MIN) {
    return {
      message: `${path} is truncated: it has ${head.fileBytes} bytes, less than one page`,
      hint: 'It was probably copied or downloaded only in part: fetch it again.',
      details: { fileBytes: head.fileBytes },
    };
  }
  if (head !== undefined && head.pageCount * head.pageSize > head.fileBytes) {
    const wholeBytes = head.pageCount * head.pageSize;
    return {
      message: `${path} is truncated: its header says ${grouped(head.pageCount)} pages of ${grouped(head.pageSize)} bytes (${grouped(wholeBytes)} bytes), the file has ${grouped(head.fileBytes)}`,
      hint: 'It was probably copied or downloaded only in part: fetch it again. What is left of it can be saved with: sqlite3 FILE .recover',
      details: { wholeBytes, fileBytes: head.fileBytes },
    };
  }
  return {
    message: `${path} is corrupt: ${text}`,
    hint: `Take the newest good backup, or save what can be read with: sqlite3 ${path} .recover`,
  };
}

function explainCannotOpen(path: string, text: string, head: FileHead | undefined): Explanation {
  if (head?.isWal) {
    return {
      message: `${path} is in WAL mode and cannot be opened read-only where it is: SQLite has to make or recover its -wal and -shm files, and the disk or directory is not writable`,
      hint: 'Copy the file together with its -wal to a writable disk and give that copy with --source, or make the directory writable.',
    };
  }
  return {
    message: `${path} cannot be opened: ${text}`,
    hint: 'Check the permissions of the file and of its directory; run as the user that the bot runs as.',
  };
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
