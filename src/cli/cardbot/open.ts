import type { Log } from '../../bot/log.js';
import { openPools } from '../../drivers/postgres-pools.js';
import { openRedis } from '../../drivers/redis.js';
import { openWritable } from '../../drivers/sqlite-writable.js';
import type { Stack } from '../../edge/config.js';
import type { Clock } from '../../lib/clock.js';
import { CardctlError } from '../../lib/errors.js';
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

/** The store of a stack, with its ledger in place, and the clock that all bots on it share. */
export async function openStore(
  config: Config,
  stack: Stack,
  own: Clock,
): Promise<{ store: Store; clock: Clock }> {
  const database = openDatabase(config, stack, own);
  try {
    await prepareStore(database);
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
    if (source === null) throw missing('source', 'the legacy bots run on it');
    return sqliteDatabase(openWritable(source));
  }
  if (target === null) throw missing('target', 'the fleet runs on it');
  const pools = openPools({
    primaryUrl: target.url,
    replicaUrl: target.replicaUrl ?? undefined,
    behindPgBouncer: stacks.runtime.pgBouncer,
  });
  return postgresDatabase(pools, clock);
}

function missing(key: string, why: string): CardctlError {
  return new CardctlError('usage', `no ${key} is configured, and ${why}`, {
    hint: `set "${key}" in cardctl.json; cardctl init --dry-run prints a commented example`,
  });
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
