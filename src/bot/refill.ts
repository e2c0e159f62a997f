import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../lib/errors.js';
import type { Cache } from '../store/cache.js';
import type { Store } from '../store/store.js';
import type { Log } from './log.js';
import { cachedLookup } from './lookup.js';

/** Loads again what a write made the cache forget, before its player asks for it. */
export interface Refill {
  /** Players whom a write touched. */
  add(userIds: readonly bigint[]): void;
  /** What is not loaded yet is left to whoever asks. */
  stop(): Promise<void>;
}

export interface RefillDeps {
  store: Store;
  cache: Cache;
  zone: string;
  log: Log;
}

/** By then a replica has the write, mostly, and further writes of the same fight are done. */
const AFTER_MS = 100;

/** More wait only when the database is slower than the writes: then it is not to be asked more. */
const PLAYERS_MAX = 200;

/**
 * Each fight that is decided changes two players, who look at their profiles next. What they ask
 * for is then there, and it is loaded in the order and under the leases of any other read.
 */
export function createRefill({ store, cache, zone, log }: RefillDeps): Refill {
  const waiting = new Set<bigint>();
  let running: Promise<void> | null = null;
  let isStopped = false;

  const load = async (userId: bigint) => {
    // Without Redis nothing is remembered, and nothing would be gained.
    if ((await cache.lastWrite(userId)) === 'unknown') return;
    const now = { ms: Date.now(), zone };
    const lookup = cachedLookup({ store, cache, onRequest: () => undefined }, userId, now);
    await Promise.all([lookup.profile(userId), lookup.cards(userId)]);
  };
  const run = async () => {
    while (waiting.size > 0) {
      await sleep(AFTER_MS);
      if (isStopped) return;
      const userIds = [...waiting];
      waiting.clear();
      try {
        await Promise.all(userIds.map(load));
      } catch (error) {
        log.warn({ reason: messageOf(error) }, 'the cache was not filled again');
      }
    }
    running = null;
  };

  return {
    add: (userIds) => {
      if (isStopped) return;
      for (const userId of userIds) if (waiting.size < PLAYERS_MAX) waiting.add(userId);
      if (waiting.size > 0) running ??= run();
    },
    stop: async () => {
      isStopped = true;
      await running;
    },
  };
}
