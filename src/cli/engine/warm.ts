import { openTarget } from '../../drivers/postgres.js';
import { openPools } from '../../drivers/postgres-pools.js';
import { openRedis } from '../../drivers/redis.js';
import { LEADERBOARD_SIZE, WINDOWS, windowSince } from '../../game/leaderboard.js';
import type { Deps } from '../../steps/step.js';
import { type WarmOptions, type WarmResult, warm } from '../../steps/warm/index.js';
import { postgresStore } from '../../store/postgres/store.js';

/** A command that puts hundreds of players at once takes longer than a bot's question. */
const BULK_MS_MAX = 5_000;

export interface WarmRequest extends WarmOptions {
  targetUrl: string;
  replicaUrl: string | null;
  /** The target is reached through PgBouncer in transaction mode. */
  behindPgBouncer: boolean;
  redisUrls: readonly [string, ...string[]];
  /** IANA name. */
  zone: string;
}

/** Opens the target and Redis, warms the cache of the fleet, and closes both. */
export async function warmFleet(request: WarmRequest, deps: Deps): Promise<WarmResult> {
  const { targetUrl, replicaUrl, behindPgBouncer, redisUrls, zone } = request;
  const target = openTarget(targetUrl);
  const store = postgresStore(
    openPools({
      primaryUrl: targetUrl,
      replicaUrl: replicaUrl ?? undefined,
      behindPgBouncer,
    }),
    deps.clock,
  );
  const redis = openRedis(redisUrls, {
    connectionName: 'cardctl warm',
    commandTimeoutMs: BULK_MS_MAX,
  });
  try {
    await redis.untilReady();
    const leaderboards = WINDOWS.map((name) => ({
      name,
      load: () => {
        const since = windowSince(name, { ms: deps.clock.now().getTime(), zone });
        return store.read(null, (reads) => reads.leaderboard(since, LEADERBOARD_SIZE), 'one');
      },
    }));
    return await warm(request, { ...deps, target, redis, leaderboards });
  } finally {
    redis.close();
    await store.close();
    await target.close();
  }
}
