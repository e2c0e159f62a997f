const MASK_64 = (1n << 64n) - 1n;

/** Draws that depend on an update and a purpose alone. */
export interface Random {
  /** A whole number from 0 to `limit` - 1, all alike. `limit` is at least 1. */
  below(limit: number): number;
}

/**
 * The draws for one purpose of one update. The same update draws the same on every server, however
 * often it is delivered; `purpose` keeps the draws of one update independent of each other.
 */
export function createRandom(updateId: number | bigint, purpose: string): Random {
  const next = splitMix64(fnv1a64(`${purpose}:${updateId}`));
  return { below: (limit) => Number((next() * BigInt(limit)) >> 64n) };
}

/** The id of the fight that an update opens: a UUID of the shape of version 4. */
export function fightIdOf(updateId: number | bigint): string {
  const next = splitMix64(fnv1a64(`fight id:${updateId}`));
  const hex = [next(), next()].map((word) => word.toString(16).padStart(16, '0')).join('');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) % 4);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

/**
 * SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014; the
 * constants are those of Vigna's https://prng.di.unimi.it/splitmix64.c. Seeds that are near each
 * other give unrelated draws.
 */
function splitMix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK_64;
    let mixed = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
    return mixed ^ (mixed >> 31n);
  };
}

/** 64-bit FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/. For ASCII. */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i += 1) {
    hash = ((hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n) & MASK_64;
  }
  return hash;
}
