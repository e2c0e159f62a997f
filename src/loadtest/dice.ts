/** Random numbers that come again from the same seed. */
export interface Dice {
  /** From 0 up to, not including, 1. */
  roll(): number;
  /** One of them, or undefined when there are none. */
  pick<Item>(items: readonly Item[]): Item | undefined;
}

/** Source: mulberry32 by Tommy Ettinger, public domain. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const roll = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { roll, pick: (items) => items[Math.floor(roll() * items.length)] };
}
