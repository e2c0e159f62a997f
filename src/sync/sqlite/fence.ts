import type { WritableFile } from '../../drivers/sqlite-writable.js';
import { CardctlError } from '../../lib/errors.js';
import type { Position } from '../position.js';
import { requireAuthority, requireInstalled } from './require-state.js';
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
    return await writeTransaction(
      file,
      () => {
        const { lastLogged } = requireAuthority(stateReader(file.writer)(), file.path, epoch);
        file.writer.exec('UPDATE cardctl_authority SET moving = 1 WHERE id = 1');
        return { sequence: lastLogged, snapshot: null };
      },
      waitMsMax,
    );
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

/** Lets writers in again, under a later epoch than the one that was fenced. */
export async function lowerFence(file: WritableFile, epoch: number): Promise<void> {
  const { writer, path } = file;
  await writeTransaction(file, () => {
    const state = stateReader(writer)();
    const { store, moving, ...said } = requireInstalled(state, path).authority;
    if (store === 'sqlite' && said.epoch === epoch && !moving) return;
    requireAuthority(state, path, epoch - 1);
    writer.prepare('UPDATE cardctl_authority SET moving = 0, epoch = ? WHERE id = 1').run(epoch);
  });
}
