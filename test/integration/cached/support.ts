import type { RedisConnection } from '../../../src/drivers/redis.js';
import { openRedis } from '../../../src/drivers/redis.js';
import type { CardctlError } from '../../../src/lib/errors.js';
import type { Cache, CachedProfile } from '../../../src/store/cache.js';
import { type RedisCacheOptions, redisCache } from '../../../src/store/cached/redis-cache.js';
import type { LeaderboardRow, OwnedCardRow } from '../../../src/store/rows.js';
import { atEnd } from '../../support/cleanup.js';

export interface Opened {
  cache: Cache;
  redis: RedisConnection;
  /** As `kind outcome`, in order. */
  outcomes: string[];
  failures: CardctlError[];
}

/** A cache with a connection of its own, as one bot has it; both are closed at the end. */
export async function openCache(
  urls: readonly [string, ...string[]],
  options: RedisCacheOptions & { commandTimeoutMs?: number } = {},
): Promise<Opened> {
  const redis = openRedis(urls, { commandTimeoutMs: options.commandTimeoutMs });
  await redis.untilReady();
  const outcomes: string[] = [];
  const failures: CardctlError[] = [];
  const cache = redisCache(redis, {
    onOutcome: (kind, outcome) => void outcomes.push(`${kind} ${outcome}`),
    onFailure: (error) => void failures.push(error),
    ...options,
  });
  atEnd(async () => {
    await cache.close();
    redis.close();
  });
  return { cache, redis, outcomes, failures };
}

/** A card whose usage count tells which load it came from. */
export function cardsAt(userId: bigint, version: number): OwnedCardRow[] {
  return [
    {
      id: 9_007_199_254_740_993n,
      user_id: userId,
      card_id: 'c-1',
      usage_count: version,
      is_favorite: true,
      name: 'کارت',
      rarity: 'epic',
      power: 10,
      speed: 20,
      iq: 30,
      popularity: 40,
    },
  ];
}

export function profileAt(userId: bigint, score: number): CachedProfile {
  return {
    player: {
      user_id: userId,
      username: null,
      first_name: 'نام',
      hearts: 10,
      lives: null,
      total_score: score,
      last_heart_reset: '2025-10-11T10:20:30.123456',
      last_lives_reset: 1_705_813_560,
      last_claim: 1_705_813_560n,
      created_at: '1705813560',
    },
    counts: { wins: 1, losses: 2, ties: 3 },
  };
}

export function lineAt(userId: bigint, score: number): LeaderboardRow {
  return { user_id: userId, username: `u${userId}`, first_name: null, score, cards: 3 };
}

/** A load that is let go on by hand. */
export function held<Value>(value: Value): {
  load: () => Promise<Value>;
  release: () => void;
  calls: () => number;
} {
  let calls = 0;
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const load = async () => {
    calls += 1;
    await gate;
    return value;
  };
  return { load, release, calls: () => calls };
}
