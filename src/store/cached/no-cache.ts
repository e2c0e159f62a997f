import type { Cache } from '../cache.js';

/**
 * For where there is no Redis: every call loads. Where a player's last write is nobody knows, even
 * with a single bot: what this process remembers of its own writes says nothing about those of
 * others, nor of those before it started. So all reads go where writes are.
 */
export function noCache(): Cache {
  return {
    cards: (_userId, load) => load(),
    profile: (_userId, load) => load(),
    leaderboard: (_name, load) => load(),
    rank: (_score, load) => load(),
    wrote: async () => undefined,
    forget: async () => undefined,
    noteWrite: async () => undefined,
    lastWrite: async () => 'unknown',
    close: async () => undefined,
  };
}
