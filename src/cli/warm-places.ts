import type { Config } from './config/index.js';
import type { WarmRequest } from './engine/warm.js';

/** What is warmed from what. */
export function warmPlaces(
  { target, stacks }: Config,
  targetUrl: string,
  redisUrls: WarmRequest['redisUrls'],
): Omit<WarmRequest, 'activeDays' | 'rate'> {
  return {
    targetUrl,
    replicaUrl: target?.replicaUrl ?? null,
    behindPgBouncer: stacks.runtime.pgBouncer,
    redisUrls,
    zone: stacks.runtime.timeZone,
  };
}
