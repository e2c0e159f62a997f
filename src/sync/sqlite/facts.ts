import type Database from 'better-sqlite3';
import { ORIGIN } from '../position.js';
import type { SideFacts } from '../side.js';
import { readAuthority, stateReader } from './state.js';

/** What a file says of itself. Inside a transaction it is all of one moment. */
export function readSqliteFacts(
  db: Database.Database,
  readState: ReturnType<typeof stateReader> = stateReader(db),
): SideFacts {
  const state = readState();
  return {
    isInstalled: state !== null,
    sourceId: state?.sourceId ?? null,
    authority: state?.authority ?? readAuthority(db),
    applied: state?.applied ?? null,
    logged: state === null ? ORIGIN : { sequence: state.lastLogged, snapshot: null },
  };
}
