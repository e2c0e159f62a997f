import type Database from 'better-sqlite3';
import type { WritableFile } from '../../drivers/sqlite-writable.js';
import { CardctlError, messageOf } from '../../lib/errors.js';
import type { FaultPoint } from '../../lib/fault.js';
import type { FollowedTable } from '../followed-table.js';
import { isSamePosition } from '../position.js';
import type { ChangeSet, TableChanges } from '../side.js';
import { registerLineFunctions, sqliteIdent } from '../tables/source-line.js';
import { type SqliteValue, sqliteValueOf } from '../tables/sqlite-value.js';
import { keyMatchSql } from './key-match.js';
import { rowsReadBack } from './read-back.js';
import { otherEpoch, requireInstalled } from './require-state.js';
import { rowsOf, type SentRow } from './sent-rows.js';
import { type State, stateReader } from './state.js';
import { writeTransaction } from './transaction.js';

/**
 * Prepares to make rows of the file what they are in the authority: one transaction a set, which
 * commits the rows together with the position.
 */
export function changeApplier(
  file: WritableFile,
  tables: readonly FollowedTable[],
  fault: FaultPoint,
): (changes: ChangeSet) => Promise<void> {
  const { writer, path } = file;
  const readState = stateReader(writer);
  const appliers = new Map<number, ReturnType<typeof tableApplier>>();
  const applierOf = ({ number }: FollowedTable) => {
    const table = tables.find((each) => each.number === number);
    if (table === undefined) throw new Error(`table ${number} is not followed`);
    const applier = appliers.get(number) ?? tableApplier(writer, table);
    appliers.set(number, applier);
    return applier;
  };
  return (changes) =>
    writeTransaction(file, () => {
      requireFollower(requireInstalled(readState(), path), path, changes);
      writer.exec('UPDATE cardctl_state SET applying = 1 WHERE id = 1');
      for (const each of changes.tables) applierOf(each.table)(each, changes.hasMore);
      writer
        .prepare(
          `UPDATE cardctl_state SET applying = 0, applied_epoch = ?, applied_sequence = ?,
                                    applied_snapshot = ?, applied_consistent = ? WHERE id = 1`,
        )
        .run(changes.epoch, changes.to.sequence, changes.to.snapshot, changes.hasMore ? 0n : 1n);
      fault('sqlite-apply');
    });
}

/** Whoever applies for an epoch that is over, or beside another applier, changes nothing. */
function requireFollower({ authority, applied }: State, path: string, changes: ChangeSet): void {
  const { epoch, from } = changes;
  if (authority.store !== 'postgres' || authority.epoch !== epoch || authority.moving) {
    throw otherEpoch(path, authority, `a copy of epoch ${epoch}`);
  }
  if (applied?.epoch === epoch && isSamePosition(applied.position, from)) return;
  throw new CardctlError(
    'refused',
    `${path} does not stand where these changes begin: something else has applied some meanwhile`,
    {
      hint: 'Let only one follow at a time: cardctl status',
      details: { path, applied, changes: { epoch, from } },
    },
  );
}

function tableApplier(
  db: Database.Database,
  followed: FollowedTable,
): (changes: TableChanges, hasMore: boolean) => void {
  const { table, key, columns } = followed;
  registerLineFunctions(db, table);
  const names = key.map(({ plan }) => plan.source.name);
  const name = sqliteIdent(table.source.name);
  const match = keyMatchSql(table.source, names, '', (i) => `$${i + 1}`);
  const remove = db.prepare(`DELETE FROM ${name} WHERE ${match}`);
  const into = `INTO ${name} (${columns.map(({ plan }) => sqliteIdent(plan.source.name)).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  const insert = db.prepare(`INSERT ${into}`);
  // A row that is in the way then has changed in the authority too, and comes with a later set.
  const replace = db.prepare(`INSERT OR REPLACE ${into}`);
  const readBack = rowsReadBack(db, followed, match);
  return (changes, hasMore) => {
    const keys = changes.keys.map((fields) => namedValues(followed, fields));
    // All of them before the first row comes: rows may have swapped values that are unique.
    for (const values of keys) remove.run(values);
    const rows = rowsOf(followed, changes.rows);
    for (const row of rows) put(hasMore ? replace : insert, followed, row);
    readBack(changes.keys, keys, rows);
  };
}

/** `$1`, `$2`, … are the values of a key. */
function namedValues({ key }: FollowedTable, fields: readonly string[]) {
  const values: Record<number, SqliteValue> = {};
  for (const [i, column] of key.entries()) values[i + 1] = sqliteValueOf(column, fields[i] ?? null);
  return values;
}

function put(insert: Database.Statement, { table, columns }: FollowedTable, row: SentRow): void {
  try {
    insert.run(columns.map((column, i) => sqliteValueOf(column, row.fields[i] ?? null)));
  } catch (error) {
    const { name } = table.source;
    throw new CardctlError(
      'refused',
      `SQLite does not take the row of ${name} with the key (${row.key.join(', ')}): ${messageOf(error)}`,
      {
        hint: 'Nothing was skipped: the copy stands before this change. Correct the row in PostgreSQL, and go on.',
        cause: error,
        details: { table: name, key: row.key },
      },
    );
  }
}
