import type { Client } from 'pg';
import { SQLSTATE } from '../../drivers/postgres.js';
import { CardctlError, codeOf } from '../../lib/errors.js';

/** First half of the keys of our advisory locks: "card" in ASCII. The second half says which. */
const LOCKS = 0x63617264;

/** Shared by every transaction that writes; exclusive for whoever changes who may. */
const AUTHORITY = 3;

/** Held by the session of the one applier. */
const APPLIER = 4;

/** For the fence, within the transaction of the writer. */
export const SHARE_AUTHORITY = `pg_catalog.pg_advisory_xact_lock_shared(${LOCKS}, ${AUTHORITY})`;

/**
 * Begin a transaction in whose later statements nobody else changes the authority, or nobody else
 * writes. The lock is a statement of its own: the next one's snapshot must begin after it.
 */
export const BEGIN_WRITING = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT ${SHARE_AUTHORITY}`;

/** @param waitMsMax the lock that is not granted by then is an error, milliseconds */
export function beginAlone(waitMsMax: number): string {
  const lock = SHARE_AUTHORITY.replace('_shared', '');
  return `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    ${limitWaits(waitMsMax)}; SELECT ${lock}`;
}

/**
 * Bounds every wait for a lock in the rest of a transaction.
 *
 * @param waitMsMax a lock that is not granted by then is an error, milliseconds
 */
export function limitWaits(waitMsMax: number): string {
  // 0 would mean: for ever.
  return `SET LOCAL lock_timeout = ${Math.max(1, Math.round(waitMsMax))}`;
}

/** Whether a lock was waited for as long as `lock_timeout` allows. */
export function isLockTimeout(error: unknown): boolean {
  return error instanceof CardctlError && codeOf(error.cause) === SQLSTATE.lockNotAvailable;
}

/** Takes the applier's lock for the session, or says that another session has it. */
export const TRY_APPLIER_LOCK = `SELECT pg_try_advisory_lock(${LOCKS}, ${APPLIER}) AS is_ours`;

/** Another session that has a lock. */
interface Holder {
  pid: number;
  applicationName: string;
  /** When its session or its transaction began, UTC; empty when this role may not see that. */
  since: string;
}

/** The session of the applier. */
export function applierHolders(client: Client): Promise<Holder[]> {
  return holders(client, APPLIER, 'backend_start');
}

/** Transactions that may write. */
export function writerHolders(client: Client): Promise<Holder[]> {
  return holders(client, AUTHORITY, 'xact_start');
}

async function holders(client: Client, lock: number, since: string): Promise<Holder[]> {
  const { rows } = await client.query<{ pid: string; name: string | null; since: string | null }>(`
    SELECT l.pid, a.application_name AS name, to_char(a.${since}, 'YYYY-MM-DD HH24:MI:SS') AS since
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.classid = ${LOCKS} AND l.objid = ${lock} AND l.objsubid = 2
      AND l.granted AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY a.${since}, l.pid`);
  return rows.map(({ pid, name, since: began }) => {
    return { pid: Number(pid), applicationName: name ?? '', since: began ?? '' };
  });
}

/** Names holders for a message: `cardbot (pid 12, since 2025-10-11 10:20:30 UTC)`. */
export function namesOf(holders: readonly Holder[]): string {
  return holders
    .map(({ pid, applicationName, since }) => {
      const began = since === '' ? '' : `, since ${since} UTC`;
      return `${applicationName || 'a session'} (pid ${pid}${began})`;
    })
    .join(', ');
}
