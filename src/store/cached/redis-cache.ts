import type { RedisConnection } from '../../drivers/redis.js';
import { type Clock, systemClock } from '../../lib/clock.js';
import type { CardctlError } from '../../lib/errors.js';
import type { Cache } from '../cache.js';
import { asking } from './asking.js';
import { boards } from './boards.js';
import { cardsCodec, profileCodec } from './codec.js';
import { KEYS, longest, PLAYER_TTL_MS, TOKEN_TTL_MS } from './keys.js';
import { lastWrites } from './last-writes.js';
import type { CacheKind, Outcome } from './outcome.js';
import { playerValues } from './player-values.js';
import { scriptsOf } from './scripts.js';
import { unfinished } from './unfinished.js';

export interface RedisCacheOptions {
  /** Told of every question, for metrics. */
  onOutcome?: ((kind: CacheKind, outcome: Outcome) => void) | undefined;
  /**
   * Told of failures, at most once in ten seconds.
   *
   * @param more how many there were since the last one told of
   */
  onFailure?: ((error: CardctlError, more: number) => void) | undefined;
  clock?: Clock | undefined;
  /** From 0 up to, not including, 1: for the jitter of expiry. */
  random?: (() => number) | undefined;
  /** For how long a player's last write is noted, milliseconds; default 60,000. */
  noteTtlMs?: number | undefined;
  /** Players that are remembered as not yet forgotten while Redis is away; default 100,000. */
  forgottenMax?: number | undefined;
}

/**
 * A cache in Redis. It throws only what `load` throws. The connection is the caller's, who closes
 * it after the cache.
 */
export function redisCache(redis: RedisConnection, options: RedisCacheOptions = {}): Cache {
  const { clock = systemClock, random = Math.random } = options;
  const scripts = scriptsOf(redis);
  const asks = asking(redis, { clock, onFailure: options.onFailure ?? (() => undefined) });
  const forgetting = unfinished(
    async (userId) => (await asks.ask(() => forget(redis, userId))) !== null,
    {
      // Until then a load that began before the write may yet put what it found.
      keepMs: longest(PLAYER_TTL_MS) + TOKEN_TTL_MS,
      playersMax: options.forgottenMax,
      clock,
    },
  );
  const players = playerValues({ redis, scripts, asking: asks, forgetting, random });
  const board = boards(redis, asks, random);
  const writes = lastWrites({ redis, scripts, asking: asks, clock, ttlMs: options.noteTtlMs });
  const counter = (kind: CacheKind) => (outcome: Outcome) => options.onOutcome?.(kind, outcome);

  return {
    cards: (userId, load) =>
      players.get({
        userId,
        key: KEYS.cards(userId),
        codec: cardsCodec,
        load,
        count: counter('cards'),
      }),
    profile: (userId, load) =>
      players.get({
        userId,
        key: KEYS.profile(userId),
        codec: profileCodec,
        load,
        count: counter('profile'),
      }),
    leaderboard: (name, load) => board.leaderboard(name, { load, count: counter('leaderboard') }),
    rank: (score, load) => board.rank(score, { load, count: counter('rank') }),
    wrote: async (userIds, position, touched) => {
      const noted = Promise.all(userIds.map((userId) => writes.note(userId, position)));
      // One server does the one after the other as they are sent; in a cluster they are on two.
      if (redis.isCluster) await noted;
      await Promise.all([noted, forgetting.run(touched)]);
    },
    forget: (userIds) => forgetting.run(userIds),
    noteWrite: (userId, position) => writes.note(userId, position),
    lastWrite: (userId) => writes.last(userId, counter('last_write')),
    close: async () => {
      await Promise.all([players.settle(), board.settle(), forgetting.close(), writes.close()]);
    },
  };
}

/** Two commands: in a cluster the keys are on two servers. */
async function forget({ client }: RedisConnection, userId: bigint): Promise<void> {
  await Promise.all([client.del(KEYS.cards(userId)), client.del(KEYS.profile(userId))]);
}
