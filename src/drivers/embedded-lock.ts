import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { CardctlError, codeOf } from '../lib/errors.js';
import { throwIfAborted } from './embedded-os-user.js';
import { isBusyError } from './sqlite-errors.js';

const PATIENCE_MS = 300_000;
const PAUSE_MS = 50;

/**
 * Runs `work` while no other cardctl does so with the same lock file. The lock is SQLite's on an
 * empty database: the kernel holds it, so it goes when its holder is killed and is never stale.
 */
export async function withLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const db = new Database(path, { timeout: 0 });
  try {
    await acquire(db, path, signal);
    return await work();
  } finally {
    db.close();
  }
}

async function acquire(
  db: Database.Database,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    throwIfAborted(signal);
    try {
      db.exec('BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      if (!isBusyError(codeOf(error))) throw error;
      if (performance.now() > deadline) throw stillLocked(path, error);
      await sleep(PAUSE_MS);
    }
  }
}

function stillLocked(path: string, cause: unknown): CardctlError {
  return new CardctlError(
    'target',
    `another cardctl has been starting or stopping the embedded Postgres for ${PATIENCE_MS / 1_000} s`,
    { hint: `Find it with 'fuser -v ${path}', let it end or stop it, then run this again.`, cause },
  );
}
