/** What a cache is asked for, as metrics call it. */
export type CacheKind = 'cards' | 'profile' | 'leaderboard' | 'rank' | 'last_write';

/** `error`: Redis could not be asked, or what it says could not be believed. */
export type Outcome = 'hit' | 'miss' | 'error';
