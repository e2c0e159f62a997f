import { closeSync, fdatasync, fsyncSync, openSync, writeSync } from 'node:fs';
import { CardctlError, messageOf } from '../lib/errors.js';
import type { Kind } from './kinds.js';

/** How long an acknowledgement may stay in memory, in milliseconds. */
const ACKNOWLEDGED_MS_MAX = 50;

const FLUSH_TO_DISK_MS = 1_000;

/**
 * What was sent and what was acknowledged, outside the system under test: an NDJSON file, mode
 * 0600, only ever appended to.
 *
 * What a kill -9 of the tool loses: no update that was sent, and the acknowledgements of the last
 * 50 ms. A power cut also loses what the disk was not told of: about the last second.
 *
 * Each call throws CardctlError `usage` once the file can no longer be written to.
 */
export interface Ledger {
  /** Is with the operating system when it returns: call it before the updates are posted. */
  sent(updates: readonly SentUpdate[]): void;
  acknowledged(updateId: number, at: Date, how: Acknowledgement): void;
  /** Says that nothing is missing, flushes to disk and closes. */
  close(): void;
}

export interface SentUpdate {
  updateId: number;
  userId: number;
  kind: Kind;
}

export interface Acknowledgement {
  /** How often it was posted. */
  attempts: number;
  /** Somebody's own bot answered; see `post.ts`. */
  byForeign: boolean;
}

/** A line of the file. */
export type LedgerLine =
  | { version: 1; firstUpdateId: number; startedAt: string }
  | { sent: number; user: number; kind: Kind }
  | { acknowledged: number; at: string; attempts: number; foreign?: true }
  | { end: true };

/**
 * Opens a new ledger.
 *
 * @throws CardctlError `usage` when it is there already or cannot be written
 */
export function openLedger(path: string, firstUpdateId: number, startedAt: Date): Ledger {
  const fd = openNew(path);
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  let flushing = false;
  let failure: CardctlError | undefined;

  const add = (line: LedgerLine) => {
    waiting += `${JSON.stringify(line)}\n`;
  };
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    if (failure !== undefined) throw failure;
    try {
      const bytes = Buffer.from(waiting);
      waiting = '';
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    } catch (error) {
      failure = unwritable(path, error);
      throw failure;
    }
  };
  const writeSoon = () => {
    timer ??= setTimeout(() => {
      try {
        write();
      } catch {
        // A timer has nobody to tell: the next call throws it.
      }
    }, ACKNOWLEDGED_MS_MAX);
  };
  const flusher = setInterval(() => {
    if (flushing) return;
    flushing = true;
    fdatasync(fd, (error) => {
      flushing = false;
      if (error !== null && error.code !== 'EBADF') failure ??= unwritable(path, error);
    });
  }, FLUSH_TO_DISK_MS);

  add({ version: 1, firstUpdateId, startedAt: startedAt.toISOString() });
  write();
  return {
    sent: (updates) => {
      for (const { updateId, userId, kind } of updates) add({ sent: updateId, user: userId, kind });
      write();
    },
    acknowledged: (updateId, at, { attempts, byForeign }) => {
      if (failure !== undefined) throw failure;
      const line = { acknowledged: updateId, at: at.toISOString(), attempts };
      add(byForeign ? { ...line, foreign: true } : line);
      writeSoon();
    },
    close: () => {
      clearInterval(flusher);
      try {
        add({ end: true });
        write();
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    },
  };
}

function openNew(path: string): number {
  try {
    return openSync(path, 'ax', 0o600);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): CardctlError {
  return new CardctlError('usage', `cannot write the ledger ${path}: ${messageOf(cause)}`, {
    hint: 'give the path of a new file in a directory that can be written to',
    cause,
  });
}
