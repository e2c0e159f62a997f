/** What a gate lets pass. */
export interface GateLimits {
  /** Of updates that may fail: a share, above 0 and below 1. */
  readonly errorRate: number;
  /** Of the time from an update received to its webhook answered. */
  readonly p99Ms: number;
  /** How far the follower may be behind the authority. */
  readonly lagMs: number;
  /** Updates that may wait at Telegram. */
  readonly pendingUpdates: number;
  /** How old an update may be when a bot receives it. */
  readonly updateAgeS: number;
  /** Of values that the cache must have: a share; null where there is no cache to judge. */
  readonly hitRate: number | null;
  /** Fewer requests than these pass no gate that counts requests. */
  readonly samplesMin: number;
}
