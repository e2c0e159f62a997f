import type { WritableFile } from '../../drivers/sqlite-writable.js';
import { CardctlError } from '../../lib/errors.js';
import type { Position } from '../position.js';
import { requireAuthority } from './require-state.js';
import { stateReader } from './state.js';
import { writeTransaction } from './transaction.js';

/**
 * Refuses every writer from now on. No writer is at work inside a write transaction of ours, and
 * whoever comes behind it meets the fence: so what the log ends with here is its end.
 *
 * @throws CardctlError `refused` when somebody keeps writing for longer than `waitMsMax`
 */
export async function raiseFence(
  file: WritableFile,
  epoch: number,
  waitMsMax: number,
): Promise<Position> {
  try {
    return await setMoving(file, epoch, true, waitMsMax);
  } catch (error) {
    if (!(error instanceof CardctlError) || !file.isBusy(error.cause)) throw error;
    throw new CardctlError(
      'refused',
      `the writers of ${file.path} did not end within ${(waitMsMax / 1_000).toFixed(1)} s: nothing was fenced`,
      {
        hint: `Find out who holds it with: fuser -v ${file.path}`,
        cause: error,
        details: { path: file.path, waitMsMax },
      },
    );
  }
}

/** Lets writers in again, as the authority of the same epoch. */
export async function lowerFence(file: WritableFile, epoch: number): Promise<void> {
  await setMoving(file, epoch, false);
}

async function setMoving(
  file: WritableFile,
  epoch: number,
  moving: boolean,
  waitMsMax?: number,
): Promise<Position> {
  const setTo = () => {
    const { lastLogged } = requireAuthority(stateReader(file.writer)(), file.path, epoch);
    const sql = 'UPDATE cardctl_authority SET moving = ? WHERE id = 1';
    file.writer.prepare(sql).run(moving ? 1n : 0n);
    return { sequence: lastLogged, snapshot: null };
  };
  return writeTransaction(file, setTo, waitMsMax);
}
