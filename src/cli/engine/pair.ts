import type { Client } from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { openSource } from '../../drivers/sqlite.js';
import { openWritable } from '../../drivers/sqlite-writable.js';
import { CardctlError } from '../../lib/errors.js';
import { type FaultPoint, noFaults } from '../../lib/fault.js';
import { type FollowRules, tablesToFollow } from '../../sync/followed-tables.js';
import type { Pair } from '../../sync/pair.js';
import { type Lease, openLease } from '../../sync/postgres/lease.js';
import { postgresSide } from '../../sync/postgres/side.js';
import { sqliteSide } from '../../sync/sqlite/side.js';
import { openConfiguredTarget } from './target.js';

export interface PairRequest {
  sourcePath: string;
  /** Null: the embedded Postgres of the work directory. */
  targetUrl: string | null;
  workDir: string;
  rules: FollowRules;
  fault?: FaultPoint;
}

export interface OpenedPair {
  pair: Pair;
  target: Target;
  /** Null while another process applies changes. */
  lease: Lease | null;
  close(): Promise<void>;
}

/**
 * Opens both databases of a move that is under way.
 *
 * @param lease `required`: to apply changes, which one process does at a time; `if free`: to apply
 *   them where nobody else does; `none`: only to look
 * @throws CardctlError `refused` when the target is no follower, or the lease is required and taken
 */
export async function openPair(
  { sourcePath, targetUrl, workDir, rules, fault = noFaults }: PairRequest,
  wanted: 'required' | 'if free' | 'none',
  signal: AbortSignal,
): Promise<OpenedPair> {
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    const { target } = await openConfiguredTarget(targetUrl, workDir, signal);
    closers.push(() => target.close());
    const client = await target.connect();
    const tables = await followedTablesOf(sourcePath, client, rules).finally(() => client.end());
    const lease = wanted === 'none' ? null : await leaseOf(target, wanted);
    if (lease !== null) closers.push(() => lease.release());
    const pair: Pair = {
      sqlite: sqliteSide({ file: openWritable(sourcePath), tables, fault }),
      postgres: postgresSide({ target, lease, tables, fault }),
    };
    closers.push(async () => {
      await pair.sqlite.close();
      await pair.postgres.close();
    });
    const [sqlite, postgres] = await Promise.all([pair.sqlite.facts(), pair.postgres.facts()]);
    if (!sqlite.isInstalled || !postgres.isInstalled) throw notLinked();
    return { pair, target, lease, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function followedTablesOf(sourcePath: string, client: Client, rules: FollowRules) {
  const source = openSource(sourcePath);
  try {
    return await tablesToFollow(source.db, client, rules);
  } finally {
    source.close();
  }
}

async function leaseOf(target: Target, wanted: 'required' | 'if free'): Promise<Lease | null> {
  try {
    return await openLease(target);
  } catch (error) {
    const isTaken = error instanceof CardctlError && error.code === 'refused';
    if (wanted === 'if free' && isTaken) return null;
    throw error;
  }
}

function notLinked(): CardctlError {
  return new CardctlError('refused', 'the target is not following the source', {
    hint: 'load it and let it follow: cardctl migrate --follow',
  });
}
