import type { WritableFile } from '../../drivers/sqlite-writable.js';
import { type FaultPoint, noFaults } from '../../lib/fault.js';
import { inTurn } from '../../lib/in-turn.js';
import type { FollowedTable } from '../followed-table.js';
import type { ChangeSet, Side } from '../side.js';
import { changeApplier } from './apply.js';
import { stayFollower, takeAuthority, tryToWrite, yieldAuthority } from './authority.js';
import { changeReader } from './change-log.js';
import { readSqliteFacts } from './facts.js';
import { lowerFence, raiseFence } from './fence.js';
import { watchFile } from './file-watch.js';
import { forgetEntries, touchRows } from './log-upkeep.js';
import { readNextIds } from './next-ids.js';
import { readSnapshot } from './read-snapshot.js';
import { requireInstalled } from './require-state.js';
import { sameFileAt } from './same-file.js';
import { stateReader } from './state.js';

export interface SqliteSideOptions {
  /** Nobody else uses its connections; the side closes it with itself. */
  file: WritableFile;
  tables: readonly FollowedTable[];
  fault?: FaultPoint;
}

/** The game's SQLite file as one of the two databases of a move. */
export function sqliteSide({ file, tables, fault = noFaults }: SqliteSideOptions): Side {
  const { reader } = file;
  const expectSameFile = sameFileAt(file.path);
  const watch = watchFile(file.path);
  const writeTurn = inTurn();
  const readState = stateReader(reader);
  let read: ReturnType<typeof changeReader> | undefined;
  let applyTo: ReturnType<typeof changeApplier> | undefined;

  const reading = async <Result>(body: () => Result): Promise<Result> => {
    expectSameFile();
    return readSnapshot(file, body);
  };
  const writing = <Result>(body: () => Promise<Result>): Promise<Result> =>
    writeTurn(() => {
      expectSameFile();
      return body();
    });

  return {
    kind: 'sqlite',
    facts: () => reading(() => readSqliteFacts(reader, readState)),
    nextIds: () => reading(() => readNextIds(reader, tables)),
    readChanges: (behind, epoch) =>
      reading((): ChangeSet | null => {
        requireInstalled(readState(), file.path);
        read ??= changeReader(file, tables);
        return read(behind, epoch);
      }),
    changed: watch.changed,
    apply: (changes) =>
      writing(() => {
        applyTo ??= changeApplier(file, tables, fault);
        return applyTo(changes);
      }),
    forget: (through, epoch) => writing(() => forgetEntries(file, through, epoch)),
    touch: (rows) => writing(() => touchRows(file, rows)),
    expectWritable: () => writing(() => tryToWrite(file)),
    raiseFence: (epoch, waitMsMax) => writing(() => raiseFence(file, epoch, waitMsMax)),
    lowerFence: (epoch) => writing(() => lowerFence(file, epoch)),
    stayFollower: (epoch) => writing(() => stayFollower(file, epoch)),
    takeAuthority: (epoch, nextIds) => writing(() => takeAuthority(file, tables, epoch, nextIds)),
    yieldAuthority: (epoch) => writing(() => yieldAuthority(file, epoch)),
    close: () =>
      writeTurn(async () => {
        watch.close();
        file.close();
      }),
  };
}
