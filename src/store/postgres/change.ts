import { setTimeout as sleep } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import { SQLSTATE } from '../../drivers/postgres.js';
import type { Pools } from '../../drivers/postgres-pools.js';
import { CardctlError, codeOf } from '../../lib/errors.js';
import type { Changed, ChangeOptions, Ending, Executor } from '../executor.js';
import { type Session, sessionOn } from './executor.js';

/** First half of the keys of our advisory locks: "card" in ASCII. The second half says which. */
const LOCKS = 0x63617264;
const AUTHORITY = 3;

/**
 * A lock on the authority's row itself would cost each writer a write to the one row that all of
 * them share. The lock is a statement of its own: the next one's snapshot must begin after it.
 */
const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
  SELECT pg_advisory_xact_lock_shared(${LOCKS}, ${AUTHORITY})`;
const BEGIN_ALONE = BEGIN.replace('_shared', '');

/** The address is at or behind the commit's end, also where a commit does not wait for the disk. */
const COMMIT = 'COMMIT; SELECT pg_current_wal_insert_lsn() AS lsn';

const ATTEMPTS_MAX = 5;
const RETRY_MS = 10;

/**
 * Runs a transaction on the primary. One that lost against another is repeated a few times: a
 * deadlock, a serialization failure, or a row that another had just inserted, such as the same
 * update's ledger entry.
 *
 * @throws CardctlError `target`; when the answer to the COMMIT is lost it may have been committed
 */
export async function change<Result>(
  { write, namedStatements }: Pools,
  body: (db: Executor) => Promise<Ending<Result>>,
  { alone = false }: ChangeOptions = {},
): Promise<Changed<Result>> {
  for (let attempt = 1; ; attempt += 1) {
    const client = await write.connect();
    const session = sessionOn(client, write, namedStatements);
    try {
      session.begin(alone ? BEGIN_ALONE : BEGIN);
      const changed = await finish(session, await body(session.db));
      client.release();
      return changed;
    } catch (error) {
      // What went wrong first; the rest came of it.
      const failure = session.failure();
      await undo(session, client);
      const hasLost = REPEATABLE.has(codeOf(failure) ?? '');
      if (!hasLost || attempt === ATTEMPTS_MAX) throw failure ? write.explain(failure) : error;
      await sleep(Math.random() * RETRY_MS * attempt);
    }
  }
}

const REPEATABLE: ReadonlySet<string> = new Set([
  SQLSTATE.uniqueViolation,
  SQLSTATE.serializationFailure,
  SQLSTATE.deadlockDetected,
]);

async function finish<Result>(
  session: Session,
  { commit, result }: Ending<Result>,
): Promise<Changed<Result>> {
  if (!commit) {
    await session.end('ROLLBACK');
    return { result, position: null };
  }
  // A statement before it that failed makes the COMMIT a ROLLBACK, without an error of its own.
  const [committed, address] = await session.end(COMMIT);
  if (session.failure() !== undefined || committed?.command !== 'COMMIT') {
    throw new CardctlError('target', 'the transaction was rolled back', {
      cause: session.failure(),
    });
  }
  return { result, position: address?.rows[0]?.lsn ?? null };
}

async function undo(session: Session, client: PoolClient): Promise<void> {
  try {
    await session.end('ROLLBACK');
    client.release();
  } catch {
    client.release(true);
  }
}
