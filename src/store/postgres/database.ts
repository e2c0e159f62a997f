import { SQLSTATE } from '../../drivers/postgres.js';
import type { Pool, Pools } from '../../drivers/postgres-pools.js';
import type { Clock } from '../../lib/clock.js';
import { CardctlError, codeOf } from '../../lib/errors.js';
import type { Database, Executor, ReadFrom } from '../executor.js';
import { change } from './change.js';
import { POSTGRES_DIALECT } from './dialect.js';
import { sessionOn } from './executor.js';
import { type ReplicaOptions, type ReplicaWatch, watchReplica } from './replica.js';

const REPLICA_DEFAULTS: ReplicaOptions = {
  waitMsMax: 200,
  ageMsMax: 10_000,
  leaveAloneMs: 5_000,
};

/** Transactions on a primary, reads from its replica while that is good and recent enough. */
export function postgresDatabase(
  pools: Pools,
  clock: Clock,
  options: ReplicaOptions = REPLICA_DEFAULTS,
): Database {
  const { readReplica } = pools;
  const watch =
    readReplica === null ? null : watchReplica({ ...pools, readReplica }, options, clock);
  return {
    dialect: POSTGRES_DIALECT,
    change: (body, changeOptions) => change(pools, body, changeOptions),
    read: async (from, body) => {
      if (readReplica !== null && watch !== null && (await isNearest(watch, from))) {
        const tried = await tryReading(readReplica, watch, from, body);
        if (tried !== null) return tried.result;
      }
      return readOn(pools.readPrimary, from, body);
    },
    close: () => pools.close(),
  };

  async function isNearest(replica: ReplicaWatch, { copy, behind }: ReadFrom): Promise<boolean> {
    if (copy === 'authority' || !(await replica.isGood())) return false;
    try {
      return behind === null || (await replica.reaches(behind));
    } catch {
      replica.leaveAlone();
      return false;
    }
  }

  /** Null when the replica failed: then the primary is asked. */
  async function tryReading<Result>(
    pool: Pool,
    replica: ReplicaWatch,
    from: ReadFrom,
    body: (db: Executor) => Promise<Result>,
  ): Promise<{ result: Result } | null> {
    try {
      return { result: await readOn(pool, from, body) };
    } catch (error) {
      if (!(error instanceof CardctlError) || error.code !== 'target') throw error;
      // The replay of what the primary has removed ends a query that still needs it.
      const isConflict = codeOf(error.cause) === SQLSTATE.serializationFailure;
      if (!isConflict) replica.leaveAlone();
      return null;
    }
  }

  async function readOn<Result>(
    pool: Pool,
    { statements }: ReadFrom,
    body: (db: Executor) => Promise<Result>,
  ): Promise<Result> {
    const client = await pool.connect();
    const session = sessionOn(client, pool, pools.namedStatements);
    if (statements === 'one') {
      try {
        return await body(session.db);
      } finally {
        client.release(session.failure() !== undefined);
      }
    }
    session.begin('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      return await body(session.db);
    } finally {
      // Nobody waits for it: there is nothing to commit.
      session.end('COMMIT').then(
        () => client.release(session.failure() !== undefined),
        () => client.release(true),
      );
    }
  }
}
