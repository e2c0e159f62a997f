import { openSource } from '../../drivers/sqlite.js';
import { readHead } from '../../drivers/sqlite-head.js';
import type { Report } from '../../lib/report.js';
import { copyUnderLock } from './copy-under-lock.js';
import { copyWal } from './copy-wal.js';
import { outputError } from './output-error.js';
import type { Copy, CopyOptions } from './tasks.js';

/** The task `copy`: chooses the way by the source's journal mode. For a process of its own. */
export async function copySource(options: CopyOptions, report: Report): Promise<Copy> {
  const { sourcePath, targetPath, lockWaitMsMax } = options;
  const source = openSource(sourcePath, { busyTimeoutMs: lockWaitMsMax });
  try {
    const held =
      source.journalMode === 'wal'
        ? { ...(await copyWal(source, options, report)), headStart: null }
        : await copyUnderLock(source, options, report);
    return { ...sizeOf(targetPath), journalMode: source.journalMode, ...held };
  } finally {
    source.close();
  }
}

function sizeOf(path: string): Pick<Copy, 'bytes' | 'pageSize' | 'pageCount'> {
  const head = readHead(path);
  if (head === undefined || head.pageSize === 0) {
    throw outputError('read the snapshot back', path, new Error('it is not a database'));
  }
  // Old SQLite versions leave the header's own count at 0: the size is the truth.
  const pageCount = Math.floor(head.fileBytes / head.pageSize);
  return { bytes: head.fileBytes, pageSize: head.pageSize, pageCount };
}
