import { isHotJournalError } from '../../drivers/sqlite-errors.js';
import { patiently } from '../../drivers/sqlite-patience.js';
import type { WritableFile } from '../../drivers/sqlite-writable.js';
import { codeOf } from '../../lib/errors.js';
import { PAUSE_MS_MAX } from './transaction.js';

/**
 * Reads in one snapshot, which ends when `body` returns: to the bot it is a reader that may hold up
 * its next commit. Waits while the file is busy, and reads again from the start then.
 *
 * @throws CardctlError `source`, or what `body` throws
 */
export function readSnapshot<Result>(file: WritableFile, body: () => Result): Promise<Result> {
  const read = () => {
    try {
      return snapshot(file, body);
    } catch (error) {
      if (!isHotJournalError(codeOf(error))) throw error;
      // A killed writer left its journal: only a connection that may write rolls it back.
      file.writer.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get();
      return snapshot(file, body);
    }
  };
  return patiently(file, read, { pauseMsMax: PAUSE_MS_MAX });
}

function snapshot<Result>({ reader }: WritableFile, body: () => Result): Result {
  reader.exec('BEGIN');
  try {
    return body();
  } finally {
    if (reader.inTransaction) reader.exec('ROLLBACK');
  }
}
