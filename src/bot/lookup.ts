import { LEADERBOARD_SIZE, type Window, windowSince } from '../game/leaderboard.js';
import type { Now } from '../game/time.js';
import type { Cache, CachedProfile } from '../store/cache.js';
import type { Reads } from '../store/reads.js';
import type { LeaderboardRow, OwnedCardRow } from '../store/rows.js';
import type { Store } from '../store/store.js';
import { behindOf } from './last-write.js';

/** What a command that changes nothing asks for. */
export interface Lookup {
  profile(userId: bigint): Promise<CachedProfile | null>;
  cards(userId: bigint): Promise<OwnedCardRow[]>;
  leaderboard(window: Window): Promise<LeaderboardRow[]>;
  rank(score: number): Promise<number>;
  /** What is not worth remembering: read at one moment. */
  read<Result>(body: (reads: Reads) => Promise<Result>): Promise<Result>;
}

export type CachedKind = 'profile' | 'cards' | 'leaderboard' | 'rank';

export interface CachedLookupDeps {
  store: Store;
  cache: Cache;
  /** Told of each value that was asked for, and whether it had to be loaded. */
  onRequest(kind: CachedKind, isHit: boolean): void;
}

/** Asks the cache first, and then a copy that has what this reader wrote last. */
export function cachedLookup(
  { store, cache, onRequest }: CachedLookupDeps,
  reader: bigint,
  now: Now,
): Lookup {
  // Asked within each load, and not before the cache: what is loaded is put into the cache, and
  // must have every write that was forgotten there until now.
  const read = async <Result>(
    body: (reads: Reads) => Promise<Result>,
    statements: 'one' | 'several',
  ): Promise<Result> => {
    const behind = behindOf(await cache.lastWrite(reader), store.kind);
    return store.read(behind, body, statements);
  };
  const through = async <Value>(
    kind: CachedKind,
    get: (load: () => Promise<Value>) => Promise<Value>,
    load: (direct: Lookup) => Promise<Value>,
  ): Promise<Value> => {
    let isHit = true;
    const value = await get(() => {
      isHit = false;
      return read((reads) => load(directLookup(reads, now)), 'one');
    });
    onRequest(kind, isHit);
    return value;
  };
  return {
    profile: (userId) =>
      through(
        'profile',
        (load) => cache.profile(userId, load),
        (direct) => direct.profile(userId),
      ),
    cards: (userId) =>
      through(
        'cards',
        (load) => cache.cards(userId, load),
        (direct) => direct.cards(userId),
      ),
    leaderboard: (window) =>
      through(
        'leaderboard',
        (load) => cache.leaderboard(window, load),
        (direct) => direct.leaderboard(window),
      ),
    rank: (score) =>
      through(
        'rank',
        (load) => cache.rank(score, load),
        (direct) => direct.rank(score),
      ),
    read: (body) => read(body, 'several'),
  };
}

/** Asks the database itself, at the moment that `reads` sees. */
export function directLookup(reads: Reads, now: Now): Lookup {
  return {
    profile: (userId) => reads.profile(userId),
    cards: (userId) => reads.ownedCards(userId),
    leaderboard: (window) => reads.leaderboard(windowSince(window, now), LEADERBOARD_SIZE),
    rank: (score) => reads.rank(score),
    read: (body) => body(reads),
  };
}
