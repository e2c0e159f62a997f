import type { ColumnCensus, ColumnRule, Reach } from '../model.js';
import { mappedWords } from './mapped-words.js';
import { Unsure } from './tree.js';

/**
 * Where a result leaves the range of a double, SQLite goes on with Infinity or 0, and Postgres
 * refuses the row ("value out of range: overflow", "… underflow"). So an expression is translated
 * only where that is out of reach.
 */

/** Of any double. */
export const UNBOUNDED: Reach = { largest: Number.POSITIVE_INFINITY, smallest: 0 };

/** Room for later writes: they may be so many times as far as what is there … */
const GROWTH = 1_000;
/** … and at least between this and one by this. */
const GROWN_MIN = 1e100;

/** Nearer to zero a double loses digits, and then is zero. */
const SMALLEST_NORMAL = 2 ** -1022;
/** The difference of two doubles is at least so much of the smaller one, or zero. */
const EPSILON = 2 ** -53;

/** The reach of a column's numbers, those that may be written later included. */
export function grownReach(census: ColumnCensus | undefined, rule: ColumnRule | null): Reach {
  const { realMin, realMax, realNearest, integerMin, integerMax } = census ?? {};
  const ends = [realMin, realMax, realNearest, integerMin, integerMax, ...mappedWords(rule)];
  const sizes = ends.map((end) => Math.abs(Number(end ?? 0))).filter((size) => size > 0);
  return {
    largest: Math.max(GROWN_MIN, ...sizes.map((size) => size * GROWTH)),
    smallest: Math.min(1 / GROWN_MIN, ...sizes.map((size) => size / GROWTH)),
  };
}

export function reachOfNumber(value: number): Reach {
  const size = Math.abs(value);
  // Zero is nowhere near the ends of the range, whatever it is reckoned with.
  return size === 0 ? { largest: 0, smallest: 1 } : { largest: size, smallest: size };
}

export function reachOfIntegers(magnitude: bigint): Reach {
  return { largest: Number(magnitude), smallest: 1 };
}

export function widest(reaches: readonly Reach[]): Reach {
  return {
    largest: Math.max(0, ...reaches.map(({ largest }) => largest)),
    smallest: Math.min(1, ...reaches.map(({ smallest }) => smallest)),
  };
}

/** @throws Unsure when a result may be no double */
export function reachOfResult(operator: string, a: Reach, b: Reach): Reach {
  const { largest, smallest } = resultOf(operator, a, b);
  if (Number.isFinite(largest) && smallest > 0) return { largest, smallest };
  throw new Unsure(
    'it may leave the range of a double, where SQLite goes on with Infinity or 0 and Postgres refuses the row',
  );
}

function resultOf(operator: string, a: Reach, b: Reach): Reach {
  switch (operator) {
    case '*':
      return { largest: a.largest * b.largest, smallest: normal(a.smallest * b.smallest) };
    case '/':
      return { largest: a.largest / b.smallest, smallest: normal(a.smallest / b.largest) };
    default:
      return {
        largest: a.largest + b.largest,
        // A sum that small is exact: it does not become zero by being rounded.
        smallest: Math.max(Math.min(a.smallest, b.smallest) * EPSILON, Number.MIN_VALUE),
      };
  }
}

function normal(smallest: number): number {
  return smallest >= SMALLEST_NORMAL ? smallest : 0;
}
