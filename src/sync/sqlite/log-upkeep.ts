import type { WritableFile } from '../../drivers/sqlite-writable.js';
import type { FollowedTable } from '../followed-table.js';
import type { Position } from '../position.js';
import { sqliteValueOf } from '../tables/sqlite-value.js';
import { logColumns } from './own-tables.js';
import { requireAuthority, requireInstalled } from './require-state.js';
import { stateReader } from './state.js';
import { writeTransaction } from './transaction.js';

/** Entries dropped in one transaction: it keeps the bot from writing. */
const ENTRIES_AT_ONCE = 5_000;

/**
 * Drops log entries that the follower has. The last one stays: without it the numbers would begin
 * anew, and what comes next would be taken for something that was read already.
 */
export async function forgetEntries(
  file: WritableFile,
  { sequence }: Position,
  epoch: number,
): Promise<void> {
  const readState = stateReader(file.writer);
  let isDone = false;
  while (!isDone) {
    isDone = await writeTransaction(file, () => {
      const state = requireAuthority(readState(), file.path, epoch);
      const end = Math.min(sequence, state.lastLogged - 1);
      const through = Math.min(end, state.firstLogged - 1 + ENTRIES_AT_ONCE);
      file.writer.prepare('DELETE FROM cardctl_change WHERE seq <= ?').run(through);
      return through >= end;
    });
  }
}

/** Logs rows as if they had changed. */
export async function touchRows(
  file: WritableFile,
  rows: readonly { table: FollowedTable; keys: string[][] }[],
): Promise<void> {
  const readState = stateReader(file.writer);
  await writeTransaction(file, () => {
    const { authority } = requireInstalled(readState(), file.path);
    requireAuthority(readState(), file.path, authority.epoch);
    for (const { table, keys } of rows) {
      const slots = table.key.map(() => ', ?').join('');
      const insert = file.writer.prepare(
        `INSERT INTO cardctl_change (tbl, ${logColumns(table.key.length)}) VALUES (${table.number}${slots})`,
      );
      for (const key of keys) {
        insert.run(table.key.map((column, i) => sqliteValueOf(column, key[i] ?? null)));
      }
    }
  });
}
