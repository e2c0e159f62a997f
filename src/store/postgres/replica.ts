import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, Pools } from '../../drivers/postgres-pools.js';
import type { Clock } from '../../lib/clock.js';
import type { Value } from '../executor.js';
import type { Position } from '../store.js';
import { sessionOn } from './executor.js';

export interface ReplicaOptions {
  /** How long a reader waits for the replica to reach its own last write, milliseconds. */
  waitMsMax: number;
  /** A replica that is further behind is not read from, milliseconds. */
  ageMsMax: number;
  /** How long a replica that failed, or fell behind, is left alone, milliseconds. */
  leaveAloneMs: number;
}

/** Says whether the replica is good to read from, by looking at it now and then. */
export interface ReplicaWatch {
  isGood(): Promise<boolean>;
  /** Waits, not for long, until the replica has what was written there. */
  reaches(position: Position): Promise<boolean>;
  /** It failed: leave it alone for a while. */
  leaveAlone(): void;
}

/** A look that is older is renewed beside the reads that go on. */
const LOOK_EVERY_MS = 1_000;

/** After so long without reads nothing is known: the next one waits for a look. */
const LOOK_FIRST_AFTER_MS = 5_000;

const POLL_MS = 5;

export function watchReplica(
  pools: Pools & { readReplica: Pool },
  { waitMsMax, ageMsMax, leaveAloneMs }: ReplicaOptions,
  clock: Clock,
): ReplicaWatch {
  let isGood = false;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let nextLookMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const note = (good: boolean) => {
    isGood = good;
    lookedAtMs = clock.monotonicMs();
    nextLookMs = lookedAtMs + (good ? LOOK_EVERY_MS : leaveAloneMs);
  };
  const look = async () => {
    try {
      note(!(await isTooOld(pools, ageMsMax)));
    } catch {
      note(false);
    }
    looking = undefined;
  };

  return {
    isGood: async () => {
      const nowMs = clock.monotonicMs();
      if (nowMs >= nextLookMs) looking ??= look();
      const knowsNothing = isGood || lookedAtMs === Number.NEGATIVE_INFINITY;
      if (knowsNothing && nowMs - lookedAtMs > LOOK_FIRST_AFTER_MS) await looking;
      return isGood;
    },
    reaches: async (position) => {
      const deadline = clock.monotonicMs() + waitMsMax;
      for (;;) {
        if (await hasReached(pools, position)) return true;
        if (clock.monotonicMs() >= deadline) return false;
        await sleep(POLL_MS);
      }
    },
    leaveAlone: () => note(false),
  };
}

async function hasReached(pools: Pools & { readReplica: Pool }, position: Position) {
  // A replica that was promoted replays nothing any more, and has all that it wrote itself.
  const [row] = await query(
    pools,
    pools.readReplica,
    `SELECT COALESCE(pg_last_wal_replay_lsn(), pg_current_wal_lsn()) >= CAST($1 AS pg_lsn) AS reached`,
    [position],
  );
  return row?.reached === true;
}

/** An idle primary sends nothing to replay: only one that has moved on makes its replica old. */
async function isTooOld(pools: Pools & { readReplica: Pool }, ageMsMax: number): Promise<boolean> {
  const [replica] = await query(
    pools,
    pools.readReplica,
    `SELECT CAST(pg_last_wal_replay_lsn() AS text) AS replayed,
            CAST(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000
                 AS double precision) AS age_ms`,
  );
  if (replica?.replayed == null) return false;
  // One that has replayed no transaction since it started does not say how old it is.
  if (replica.age_ms !== null && Number(replica.age_ms) <= ageMsMax) return false;
  const [primary] = await query(
    pools,
    pools.readPrimary,
    'SELECT pg_current_wal_insert_lsn() > CAST($1 AS pg_lsn) AS has_moved',
    [replica.replayed as string],
  );
  return primary?.has_moved === true;
}

async function query(pools: Pools, pool: Pool, sql: string, values: readonly Value[] = []) {
  const client = await pool.connect();
  const { db, failure } = sessionOn(client, pool, pools.namedStatements);
  try {
    return await db.run(sql, values);
  } finally {
    client.release(failure() !== undefined);
  }
}
