import { patiently } from '../../drivers/sqlite-patience.js';
import type { WritableFile } from '../../drivers/sqlite-writable.js';

/** Between two tries; a bot that is busy leaves the file alone for no longer. */
export const PAUSE_MS_MAX = 2;

/**
 * Runs `body` in one write transaction: no other writer is at work meanwhile. Waits while the file
 * is busy; readers may hold up the end of it, too. To be called one at a time for each file.
 *
 * @param waitMsMax default: the busy timeout of the file
 * @throws CardctlError `source`, or what `body` throws; nothing is written then
 */
export async function writeTransaction<Result>(
  file: WritableFile,
  body: () => Result,
  waitMsMax?: number,
): Promise<Result> {
  const { writer } = file;
  const patience = { waitMsMax, pauseMsMax: PAUSE_MS_MAX };
  await patiently(file, () => writer.exec('BEGIN IMMEDIATE'), patience);
  try {
    const result = body();
    await patiently(file, () => writer.exec('COMMIT'), patience);
    return result;
  } catch (error) {
    throw file.explain(error);
  } finally {
    if (writer.inTransaction) writer.exec('ROLLBACK');
  }
}
