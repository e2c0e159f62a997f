import { openRedis } from '../../drivers/redis.js';
import type { FaultPoint } from '../../lib/fault.js';
import { type FollowTotals, runFollow } from '../../steps/follow/index.js';
import { type ListenOptions, openFollowListener } from '../../steps/follow/listener.js';
import { createFollowMetrics } from '../../steps/follow/metrics.js';
import type { Deps } from '../../steps/step.js';
import { redisCache } from '../../store/cached/redis-cache.js';
import { openPair, type PairRequest } from './pair.js';

export interface FollowRequest extends PairRequest {
  /** Several for a cluster; none without Redis. */
  redisUrls: readonly string[];
  /** Where it tells how far it is; null: nowhere. */
  listen: ListenOptions | null;
  /** As in `FollowDeps`. */
  fenceMsMax: number;
  fault: FaultPoint;
}

/** Follows until the signal. */
export async function followPair(request: FollowRequest, deps: Deps): Promise<FollowTotals> {
  const { pair, lease, close } = await openPair(request, 'required', deps.signal);
  const metrics = createFollowMetrics();
  const cache = openForgetting(request.redisUrls);
  const listener =
    request.listen === null ? null : await openFollowListener(request.listen, metrics);
  try {
    const signal = lease === null ? deps.signal : AbortSignal.any([deps.signal, lease.lost]);
    const totals = await runFollow({
      ...deps,
      signal,
      pair,
      metrics,
      forget: cache === null ? null : (userIds) => cache.forget(userIds),
      noteSeen: async () => lease?.noteSeen(),
      fenceMsMax: request.fenceMsMax,
      fault: request.fault,
    });
    if (!deps.signal.aborted) lease?.lost.throwIfAborted();
    return totals;
  } finally {
    await listener?.close();
    cache?.close();
    await close();
  }
}

/** The cache of the bots, of which the follower only has things forgotten. */
function openForgetting([first, ...others]: readonly string[]) {
  if (first === undefined) return null;
  const redis = openRedis([first, ...others], { connectionName: 'cardctl follow' });
  const cache = redisCache(redis);
  return {
    forget: (userIds: readonly bigint[]) => cache.forget(userIds),
    close: () => redis.close(),
  };
}
