import type { Log } from '../../bot/log.js';
import { openPools } from '../../drivers/postgres-pools.js';
import { openRedis } from '../../drivers/redis.js';
import { openWritable } from '../../drivers/sqlite-writable.js';
import type { Stack } from '../../edge/config.js';
import type { Clock } from '../../lib/clock.js';
import type { Cache } from '../../store/cache.js';
import { noCache } from '../../store/cached/no-cache.js';
import { redisCache } from '../../store/cached/redis-cache.js';
import { createStore } from '../../store/create-store.js';
import { databaseClock } from '../../store/database-clock.js';
import type { Database } from '../../store/executor.js';
import { prepareStore } from '../../store/ledger-schema.js';
import { postgresDatabase } from '../../store/postgres/database.js';
import { sqliteDatabase } from '../../store/sqlite/database.js';
import type { Store } from '../../store/store.js';
import type { Config } from '../config/index.js';
import { required } from '../config/required.js';
import { warnOfTooFewConnections } from './connections.js';

/** The store of a stack, with its ledger in place, and the clock that all bots on it share. */
export async function openStore(
  config: Config,
  stack: Stack,
  { clock: own, log }: { clock: Clock; log: Log },
): Promise<{ store: Store; clock: Clock }> {
  const database = openDatabase(config, stack, own);
  try {
    await prepareStore(database);
    if (stack === 'fleet') await warnOfTooFewConnections(database, config.stacks, log);
    const clock = await databaseClock(database, own);
    const store = createStore(database, clock);
    const close = () => {
      clock.stop();
      return store.close();
    };
    return { store: { ...store, close }, clock };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The database of a stack. The caller closes it. */
export function openDatabase(
  { source, target, stacks }: Config,
  stack: Stack,
  clock: Clock,
): Database {
  if (stack === 'legacy') {
    return sqliteDatabase(openWritable(required(source, 'source', 'the legacy bots run on it')));
  }
  const { url, replicaUrl } = required(target, 'target', 'the fleet runs on it');
  const pools = openPools({
    primaryUrl: url,
    replicaUrl: replicaUrl ?? undefined,
    behindPgBouncer: stacks.runtime.pgBouncer,
  });
  return postgresDatabase(pools, clock);
}

/** Redis, or nothing that is remembered. The connection is closed with the cache. */
export function openCache(urls: readonly string[], log: Log): Cache {
  const [first, ...others] = urls;
  if (first === undefined) return noCache();
  const redis = openRedis([first, ...others], { connectionName: 'cardbot' });
  const cache = redisCache(redis, {
    onFailure: (error, more) => log.warn({ err: error, more }, 'the cache failed'),
  });
  return {
    ...cache,
    close: async () => {
      await cache.close();
      redis.close();
    },
  };
}
