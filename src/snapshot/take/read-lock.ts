import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '../../drivers/sqlite.js';
import { explainSourceError, isBusyError, isHotJournalError } from '../../drivers/sqlite-errors.js';
import { codeOf } from '../../lib/errors.js';

/** A live writer's journal can look hot for an instant; a dead writer's stays, milliseconds. */
const HOT_JOURNAL_PATIENCE_MS = 500;

export interface ReadLock {
  /** How long it took to get, milliseconds. */
  waitedMs: number;
  /** Ends the transaction; returns for how long it was held, milliseconds. */
  release(): number;
}

/**
 * Begins a read transaction: SHARED on the file in rollback-journal mode, a mark in the WAL else.
 *
 * Asks every millisecond, not at SQLite's growing intervals of up to 100 ms: under a busy writer
 * the free moments are short, and this process has nothing else to do.
 *
 * @throws CardctlError `source` when it is not had within `waitMsMax` milliseconds.
 */
export async function acquireReadLock(source: Source, waitMsMax: number): Promise<ReadLock> {
  const { db, path } = source;
  const startedMs = performance.now();
  db.pragma('busy_timeout = 0');
  for (;;) {
    const attemptMs = performance.now();
    const waitedMs = attemptMs - startedMs;
    try {
      db.exec('BEGIN');
      // BEGIN alone takes no lock: the first read does.
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      return {
        waitedMs,
        release: () => {
          db.exec('COMMIT');
          return performance.now() - attemptMs;
        },
      };
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      if (!mayPass(codeOf(error), waitedMs) || waitedMs > waitMsMax) {
        throw explainSourceError(path, error, { busyTimeoutMs: waitMsMax });
      }
    }
    await sleep(1);
  }
}

function mayPass(code: string | undefined, waitedMs: number): boolean {
  if (isHotJournalError(code)) return waitedMs < HOT_JOURNAL_PATIENCE_MS;
  return isBusyError(code);
}
