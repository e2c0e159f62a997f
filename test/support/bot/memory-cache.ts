import type { Cache } from '../../../src/store/cache.js';

/** STAND-IN for a cache, for tests of the pipeline alone. */
export interface MemoryCache extends Cache {
  values: Map<string, unknown>;
  notes: Map<bigint, string>;
  /** As when Redis is away. */
  isAway: boolean;
  /** What was called, in order, e.g. `forget 101`. */
  calls: string[];
}

export function memoryCache(): MemoryCache {
  const through = async <Value>(key: string, load: () => Promise<Value>): Promise<Value> => {
    if (cache.isAway) return load();
    if (cache.values.has(key)) return cache.values.get(key) as Value;
    const value = await load();
    if (value !== null) cache.values.set(key, value);
    return value;
  };
  const cache: MemoryCache = {
    values: new Map(),
    notes: new Map(),
    isAway: false,
    calls: [],
    cards: (userId, load) => through(`cards ${userId}`, load),
    profile: (userId, load) => through(`profile ${userId}`, load),
    leaderboard: (name, load) => through(`leaderboard ${name}`, load),
    rank: (score, load) => through(`rank ${score}`, load),
    wrote: async (userIds, position, touched) => {
      for (const userId of userIds) await cache.noteWrite(userId, position);
      await cache.forget(touched);
    },
    forget: async (userIds) => {
      for (const userId of userIds) {
        cache.calls.push(`forget ${userId}`);
        cache.values.delete(`cards ${userId}`);
        cache.values.delete(`profile ${userId}`);
      }
    },
    noteWrite: async (userId, position) => {
      cache.calls.push(`note ${userId} ${position}`);
      cache.notes.set(userId, position);
    },
    lastWrite: async (userId) => (cache.isAway ? 'unknown' : (cache.notes.get(userId) ?? null)),
    close: async () => undefined,
  };
  return cache;
}
