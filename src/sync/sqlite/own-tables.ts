import { AUTHORITY_COLUMNS } from '../authority.js';

/** Says who may write. cardbot makes the same one, so it may be there already. */
export const CREATE_AUTHORITY = `CREATE TABLE IF NOT EXISTS cardctl_authority ${AUTHORITY_COLUMNS}`;

/**
 * What this file knows of the move, in one row.
 *
 * `applying` is 1 only inside a transaction of ours: writers come one after the other, so nobody
 * else ever sees it, and a crash takes it back. `set_aside` is a JSON list of triggers. `tried` is
 * written only to see whether it can be.
 */
export const CREATE_STATE = `CREATE TABLE cardctl_state (
  id                 INTEGER PRIMARY KEY CHECK (id = 1),
  source_id          TEXT NOT NULL,
  schema_hashes      TEXT NOT NULL,
  had_authority      INTEGER NOT NULL,
  applying           INTEGER NOT NULL DEFAULT 0,
  set_aside          TEXT NOT NULL DEFAULT '[]',
  applied_epoch      INTEGER,
  applied_sequence   INTEGER,
  applied_snapshot   TEXT,
  applied_consistent INTEGER,
  tried              INTEGER NOT NULL DEFAULT 0
)`;

/**
 * The change log. A key's columns have no type, so that its values stay what they are in the row.
 *
 * Numbers rise by one as long as the last entry stays; AUTOINCREMENT would see to that too, but
 * leaves a `sqlite_sequence` behind for good.
 *
 * @param keyColumns as many as the longest key of a table has
 */
export function createChangeLog(keyColumns: number): string {
  return `CREATE TABLE cardctl_change (seq INTEGER PRIMARY KEY, tbl INTEGER NOT NULL, ${logColumns(keyColumns)})`;
}

/** The columns of the change log that hold a key of so many columns. */
export function logColumns(keyColumns: number): string {
  return Array.from({ length: keyColumns }, (_, i) => `k${i + 1}`).join(', ');
}
