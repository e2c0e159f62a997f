import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import type { Source } from '../../drivers/sqlite.js';
import { explainSourceError } from '../../drivers/sqlite-errors.js';
import { codeOf } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import { outputError } from './output-error.js';
import { acquireReadLock } from './read-lock.js';
import type { Copy, CopyOptions } from './tasks.js';

/** Pages copied between two turns of the event loop: 32 MB at the usual page size. */
const STEP_PAGES = 8_192;

/**
 * Copies a source in WAL mode with SQLite's online backup, inside one read transaction: pages
 * come from the WAL or the file, whichever holds the version of that instant. Writers go on; only
 * checkpoints cannot pass that instant, so the WAL grows by what is written meanwhile.
 */
export async function copyWal(
  source: Source,
  { targetPath, sourcePath, lockWaitMsMax }: CopyOptions,
  report: Report,
): Promise<Pick<Copy, 'holdMs' | 'holdMsEstimate' | 'lockWaitMs'>> {
  report({
    type: 'note',
    level: 'info',
    message:
      'Writers are not held: the source is in WAL mode. Its WAL grows until the copy is made.',
  });
  // Without it the backup would begin again after every write of the bot.
  const lock = await acquireReadLock(source, lockWaitMsMax);
  try {
    await source.db.backup(targetPath, {
      progress: ({ totalPages, remainingPages }) => {
        const done = totalPages - remainingPages;
        const total = totalPages;
        report({ type: 'progress', step: 'snapshot', task: 'copy', unit: 'pages', done, total });
        return STEP_PAGES;
      },
    });
    flush(targetPath);
  } catch (error) {
    throw isTargets(codeOf(error))
      ? outputError('write the snapshot', targetPath, error)
      : explainSourceError(sourcePath, error);
  } finally {
    lock.release();
  }
  return { holdMs: 0, holdMsEstimate: 0, lockWaitMs: lock.waitedMs };
}

function isTargets(code: string | undefined): boolean {
  const written = ['WRITE', 'FSYNC', 'TRUNCATE', 'DELETE', 'DIR_FSYNC'];
  return code === 'SQLITE_FULL' || written.some((what) => code === `SQLITE_IOERR_${what}`);
}

function flush(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
