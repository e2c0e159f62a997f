import type Database from 'better-sqlite3';
import { type Authority, FIRST_AUTHORITY } from '../authority.js';
import type { Applied } from '../side.js';
import type { SchemaHashes, SourceTrigger } from './schema-hashes.js';

/** What the file says of itself in one snapshot. */
export interface State {
  authority: Authority;
  sourceId: string;
  applied: Applied | null;
  schemaHashes: SchemaHashes;
  /** Rises with every change of the schema, and with each VACUUM. */
  schemaVersion: bigint;
  /** Triggers of the source, while the file is a copy. */
  setAside: SourceTrigger[];
  /** Numbers of the first and last entry of the change log; 0 when it is empty. */
  firstLogged: number;
  lastLogged: number;
}

/**
 * Prepares to read the state, again and again; null as long as there is no capture in the file.
 * To be called inside a transaction.
 */
export function stateReader(db: Database.Database): () => State | null {
  const version = db.prepare<[], bigint>('PRAGMA schema_version').pluck();
  const installed = db
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'cardctl_state'`)
    .pluck();
  let checked: bigint | undefined;
  let select: Database.Statement<[], StateRow> | undefined;
  return () => {
    const schemaVersion = version.get() ?? 0n;
    if (schemaVersion !== checked) {
      select = installed.get() === undefined ? undefined : db.prepare<[], StateRow>(STATE);
      checked = schemaVersion;
    }
    const row = select?.get();
    return row === undefined ? null : stateOf(row, schemaVersion);
  };
}

/** Who may write, by a file in which there may be no capture. */
export function readAuthority(db: Database.Database): Authority {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'cardctl_authority'`).get();
  if (exists === undefined) return FIRST_AUTHORITY;
  const sql = 'SELECT store, epoch, moving FROM cardctl_authority WHERE id = 1';
  const row = db.prepare<[], AuthorityRow>(sql).get();
  return row === undefined ? FIRST_AUTHORITY : authorityOf(row);
}

interface AuthorityRow {
  store: string | null;
  epoch: bigint;
  moving: bigint;
}

interface StateRow extends AuthorityRow {
  source_id: string;
  schema_hashes: string;
  set_aside: string;
  applied_epoch: bigint | null;
  applied_sequence: bigint;
  applied_snapshot: string | null;
  applied_consistent: bigint;
  first: bigint | null;
  last: bigint | null;
}

const STATE = `
  SELECT a.store, a.epoch, a.moving, s.source_id, s.schema_hashes, s.set_aside,
         s.applied_epoch, s.applied_sequence, s.applied_snapshot, s.applied_consistent,
         (SELECT min(seq) FROM cardctl_change) AS first, (SELECT max(seq) FROM cardctl_change) AS last
  FROM cardctl_state s LEFT JOIN cardctl_authority a ON a.id = 1 WHERE s.id = 1`;

function authorityOf({ store, epoch, moving }: AuthorityRow): Authority {
  if (store === null) return FIRST_AUTHORITY;
  return {
    store: store === 'sqlite' ? 'sqlite' : 'postgres',
    epoch: Number(epoch),
    moving: moving !== 0n,
  };
}

function stateOf(row: StateRow, schemaVersion: bigint): State {
  return {
    authority: authorityOf(row),
    sourceId: row.source_id,
    applied: appliedOf(row),
    schemaHashes: JSON.parse(row.schema_hashes),
    schemaVersion,
    setAside: JSON.parse(row.set_aside),
    firstLogged: Number(row.first ?? 0n),
    lastLogged: Number(row.last ?? 0n),
  };
}

function appliedOf(row: StateRow): Applied | null {
  if (row.applied_epoch === null) return null;
  return {
    epoch: Number(row.applied_epoch),
    position: { sequence: Number(row.applied_sequence), snapshot: row.applied_snapshot },
    isConsistent: row.applied_consistent !== 0n,
  };
}
