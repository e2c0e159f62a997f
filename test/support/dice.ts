/** Random numbers that come again from the same seed. */
export interface Dice {
  readonly seed: number;
  /** From 0 up to, not including, 1. */
  roll(): number;
}

/** Dice with the seed of `CARDCTL_SEED`, else one that no run had before. The seed is printed. */
export function dice(what: string): Dice {
  const seed = Number(process.env.CARDCTL_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`${what}: CARDCTL_SEED=${seed}`);
  return diceOf(seed);
}

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return {
    seed,
    // mulberry32
    roll: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** How often to try: what CI does, unless `CARDCTL_SOAK` says otherwise. */
export function attempts(inCi: number): number {
  return Number(process.env.CARDCTL_SOAK ?? inCi);
}
