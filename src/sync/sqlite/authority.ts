import type Database from 'better-sqlite3';
import type { WritableFile } from '../../drivers/sqlite-writable.js';
import type { FollowedTable } from '../followed-table.js';
import type { NextIds } from '../side.js';
import { raiseSequences } from './next-ids.js';
import { otherEpoch, requireInstalled } from './require-state.js';
import { putBack, setAside } from './set-aside.js';
import { stateReader } from './state.js';
import { writeTransaction } from './transaction.js';

/**
 * Makes the file the authority under a new epoch: what it followed is the epoch before, and it has
 * all of that. Its log begins empty.
 */
export async function takeAuthority(
  file: WritableFile,
  tables: readonly FollowedTable[],
  epoch: number,
  nextIds: NextIds,
): Promise<void> {
  const { writer, path } = file;
  await writeTransaction(file, () => {
    const state = requireInstalled(stateReader(writer)(), path);
    const { authority, applied } = state;
    if (authority.store === 'sqlite' && authority.epoch === epoch) return;
    const isFollower = authority.store === 'postgres' && authority.epoch === epoch - 1;
    if (!isFollower || applied?.epoch !== authority.epoch || !applied.isConsistent) {
      throw otherEpoch(path, authority, `a whole copy of epoch ${epoch - 1}`);
    }
    writer.exec('DELETE FROM cardctl_change');
    raiseSequences(writer, tables, nextIds);
    putBack(writer, state.setAside);
    // From here on the only way is forward.
    setAuthority(writer, 'sqlite', epoch);
  });
}

/**
 * Makes the file, which was the authority and is fenced, a copy of the other's new epoch. It stays
 * fenced: the applier alone gets in.
 */
export async function yieldAuthority(file: WritableFile, epoch: number): Promise<void> {
  const { writer, path } = file;
  await writeTransaction(file, () => {
    const { authority } = requireInstalled(stateReader(writer)(), path);
    if (authority.store === 'postgres' && authority.epoch === epoch) return;
    if (authority.store !== 'sqlite' || authority.epoch !== epoch - 1 || !authority.moving) {
      throw otherEpoch(path, authority, `the fenced authority of epoch ${epoch - 1}`);
    }
    setAside(writer);
    setAuthority(writer, 'postgres', epoch);
    writer
      .prepare(
        `UPDATE cardctl_state SET applied_epoch = ?, applied_sequence = 0, applied_snapshot = NULL,
                                  applied_consistent = 1 WHERE id = 1`,
      )
      .run(epoch);
  });
}

/** Writes something else than what is there: SQLite would not write the same again. */
export async function tryToWrite(file: WritableFile): Promise<void> {
  await writeTransaction(file, () => {
    requireInstalled(stateReader(file.writer)(), file.path);
    file.writer.exec('UPDATE cardctl_state SET tried = 1 - tried WHERE id = 1');
  });
}

/** Follows on from where it is, under a later epoch. */
export async function stayFollower(file: WritableFile, epoch: number): Promise<void> {
  const { writer, path } = file;
  await writeTransaction(file, () => {
    const { authority } = requireInstalled(stateReader(writer)(), path);
    if (authority.store === 'postgres' && authority.epoch === epoch) return;
    if (authority.store !== 'postgres' || authority.epoch !== epoch - 1) {
      throw otherEpoch(path, authority, `a follower of epoch ${epoch - 1}`);
    }
    setAuthority(writer, 'postgres', epoch);
    writer.prepare('UPDATE cardctl_state SET applied_epoch = ? WHERE id = 1').run(epoch);
  });
}

function setAuthority(db: Database.Database, store: 'sqlite' | 'postgres', epoch: number): void {
  db.prepare('UPDATE cardctl_authority SET store = ?, epoch = ?, moving = 0 WHERE id = 1').run(
    store,
    epoch,
  );
}
