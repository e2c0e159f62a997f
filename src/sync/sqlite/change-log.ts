import { journalModeOf } from '../../drivers/sqlite.js';
import type { WritableFile } from '../../drivers/sqlite-writable.js';
import { CardctlError } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import type { Position } from '../position.js';
import type { ChangeSet } from '../side.js';
import { changedRowsReader, type TakenRows } from './changed-rows.js';
import { requireAuthority, schemaChanged } from './require-state.js';
import { changedTables, schemaHashes } from './schema-hashes.js';
import { type State, stateReader } from './state.js';

/** Log entries in one set, at most. */
const ENTRIES_MAX = 20_000;

/** Log entries read between two looks at the clock and at the size of what was read. */
const ENTRIES_AT_ONCE = 500;

/** Text of rows in one set, bytes; a little more may come of the last entries. */
const BYTES_MAX = 32 * 1_024 * 1_024;

/**
 * Reading goes on for this long, milliseconds. In rollback-journal mode nobody can commit meanwhile;
 * in WAL mode only this process waits.
 */
const READ_MS_MAX = { rollback: 50, wal: 200 };

/**
 * Prepares to read what was logged behind a position, and the rows as they are in the same snapshot.
 * To be called inside a transaction of the reader.
 */
export function changeReader(
  { reader, path }: Pick<WritableFile, 'reader' | 'path'>,
  tables: readonly FollowedTable[],
): (behind: Position, epoch: number) => ChangeSet | null {
  const readState = stateReader(reader);
  const expectSchema = schemaExpected(reader, path);
  const takenTables = reader
    .prepare<[number, number], bigint>(
      'SELECT DISTINCT tbl FROM cardctl_change WHERE seq > ? AND seq <= ?',
    )
    .pluck();
  const readers = new Map<bigint, ReturnType<typeof changedRowsReader>>();

  function take(from: number, last: number): { to: number; taken: Map<bigint, TakenRows> } {
    const deadline = performance.now() + READ_MS_MAX[journalModeOf(reader)];
    const end = Math.min(last, from + ENTRIES_MAX);
    const taken = new Map<bigint, TakenRows>();
    let bytes = 0;
    let to = from;
    do {
      const next = Math.min(end, to + ENTRIES_AT_ONCE);
      for (const number of takenTables.all(to, next)) {
        const table = tables.find((each) => BigInt(each.number) === number);
        // Captured, and knowingly not followed.
        if (table === undefined) continue;
        const read = readers.get(number) ?? changedRowsReader(reader, table);
        readers.set(number, read);
        const rows = taken.get(number) ?? { keys: new Map(), rows: [] };
        taken.set(number, rows);
        bytes += read(to, next, rows);
      }
      to = next;
    } while (to < end && bytes < BYTES_MAX && performance.now() < deadline);
    return { to, taken };
  }

  return (behind, epoch) => {
    const state = requireAuthority(readState(), path, epoch);
    expectSchema(state);
    expectWholeLog(state, behind, path);
    if (state.lastLogged === behind.sequence) return null;
    const { to, taken } = take(behind.sequence, state.lastLogged);
    return {
      epoch,
      from: behind,
      to: { sequence: to, snapshot: null },
      entries: to - behind.sequence,
      hasMore: to < state.lastLogged,
      tables: tables.flatMap((table) => {
        const found = taken.get(BigInt(table.number));
        if (found === undefined) return [];
        const keys = [...found.keys.values()];
        return { table, keys, rows: Buffer.concat(found.rows), rowCount: found.rows.length };
      }),
    };
  };
}

/** Compares the schema with the one that was captured, each time that something changed in it. */
function schemaExpected(reader: WritableFile['reader'], path: string): (state: State) => void {
  let checked: bigint | undefined;
  return ({ schemaVersion, schemaHashes: captured, setAside }) => {
    if (schemaVersion === checked) return;
    const changed = changedTables(captured, schemaHashes(reader, setAside));
    if (changed.length > 0) throw schemaChanged(path, changed);
    checked = schemaVersion;
  };
}

/** Numbers follow one another without a gap: what is missing at an end was there once. */
function expectWholeLog(state: State, { sequence }: Position, path: string): void {
  const { firstLogged, lastLogged } = state;
  const refused = (message: string) =>
    new CardctlError('refused', message, {
      hint: 'The target has to be loaded again: cardctl migrate',
      details: { path, position: sequence, firstLogged, lastLogged },
    });
  if (lastLogged < sequence) {
    throw refused(
      `an older copy of ${path} was put in its place: its change log ends at ${lastLogged}, and was read to ${sequence}`,
    );
  }
  if (lastLogged > sequence && firstLogged > sequence + 1) {
    throw refused(
      `the change log of ${path} begins at ${firstLogged}: what came behind ${sequence} is no longer in it`,
    );
  }
}
