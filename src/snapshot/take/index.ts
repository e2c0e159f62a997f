import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { JournalMode } from '../../drivers/sqlite.js';
import type { Clock } from '../../lib/clock.js';
import type { Report } from '../../lib/report.js';
import type { HeadStart } from '../counted-ahead.js';
import { runInChild } from './child.js';
import { outputError } from './output-error.js';

/** Longest hold that is done without being asked for, milliseconds: well under Python's 5 s. */
export const HOLD_MS_MAX = 3_000;
/** Longest wait for a moment in which no writer holds the file, milliseconds. */
const LOCK_WAIT_MS_MAX = 10_000;

export interface SnapshotOptions {
  sourcePath: string;
  /** A file that does not exist yet; made with mode 0600. */
  targetPath: string;
  report: Report;
  clock: Clock;
  signal?: AbortSignal | undefined;
  /** Longest hold of writers that is allowed, milliseconds; default 3,000. */
  holdMsMax?: number | undefined;
  /** Hold writers for however long it takes. */
  acceptHold?: boolean | undefined;
  /** Longest wait for the lock, milliseconds; default 10,000. */
  lockWaitMsMax?: number | undefined;
  /** A census comes next: begin it on what is copied already, where that is possible. */
  countAhead?: boolean | undefined;
}

export interface Snapshot {
  path: string;
  bytes: number;
  pageSize: number;
  pageCount: number;
  journalMode: JournalMode;
  /** Longest time for which writers were held in one go, milliseconds; 0 in WAL mode. */
  holdMs: number;
  /** What the hold was expected to be, milliseconds; 0 in WAL mode. */
  holdMsEstimate: number;
  /** How long the lock was waited for, milliseconds. */
  lockWaitMs: number;
  /** What `countAhead` came to; null when it came to nothing. */
  headStart: HeadStart | null;
  /** Wall time of all of it, seconds. */
  seconds: number;
}

/**
 * Makes a transactionally consistent copy of a live SQLite file: byte for byte the source at one
 * instant between two transactions (in WAL mode: the same pages, WAL included).
 *
 * The work is done in a process of its own: reading a database's bytes past SQLite means closing
 * a descriptor of it some day, and that drops every lock this process holds on that file. It also
 * keeps this process free to answer, and killing it releases the lock at once.
 *
 * Nothing is left at `targetPath` unless the copy is whole.
 *
 * @throws CardctlError `source` (the file is bad, replaced, or locked past the wait), `refused`
 *   (the hold would be too long; nothing changed), `target` (the output disk), `interrupted`.
 */
export async function takeSnapshot(options: SnapshotOptions): Promise<Snapshot> {
  const { clock, report, signal } = options;
  const startedMs = clock.monotonicMs();
  const sourcePath = resolve(options.sourcePath);
  const targetPath = resolve(options.targetPath);
  report({ type: 'step', step: 'snapshot', state: 'started' });
  createPrivately(targetPath);
  try {
    const {
      holdMsMax = HOLD_MS_MAX,
      lockWaitMsMax = LOCK_WAIT_MS_MAX,
      acceptHold = false,
      countAhead = false,
    } = options;
    const copy = await runInChild(
      'copy',
      { sourcePath, targetPath, holdMsMax, lockWaitMsMax, acceptHold, countAhead },
      { report, signal },
    );
    const seconds = (clock.monotonicMs() - startedMs) / 1_000;
    report({ type: 'step', step: 'snapshot', state: 'done', seconds, detail: outcomeOf(copy) });
    return { path: targetPath, ...copy, seconds };
  } catch (error) {
    report({ type: 'step', step: 'snapshot', state: 'failed' });
    for (const suffix of ['', '-journal', '-wal', '-shm']) {
      await rm(targetPath + suffix, { force: true });
    }
    throw error;
  }
}

/** `wx`: a file that is there already is somebody's, and is neither opened nor removed. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    throw outputError('make the snapshot', path, error);
  }
}

function outcomeOf(copy: Pick<Snapshot, 'pageCount' | 'journalMode' | 'holdMs'>): string {
  const pages = `${copy.pageCount.toLocaleString('en-US')} pages`;
  if (copy.journalMode === 'wal') return `${pages}, writers not held (WAL)`;
  return `${pages}, writers held ${(copy.holdMs / 1_000).toFixed(2)} s`;
}
