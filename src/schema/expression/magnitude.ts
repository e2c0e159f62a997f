import type { ColumnCensus, ColumnRule } from '../model.js';
import { isBigintText } from '../values/number-text.js';
import { mappedWords } from './mapped-words.js';
import { Unsure } from './tree.js';

/**
 * How far from zero an integer can be. SQLite goes on with a REAL where a sum or a product leaves
 * 64 bits; Postgres refuses the row. So an expression is translated only where that is out of reach.
 */

/** Of any `integer` and any `bigint` of Postgres. */
export const INTEGER_MAGNITUDE = 2n ** 31n;
export const BIGINT_MAGNITUDE = 2n ** 63n;

/** Room for later writes: values may become so many times as large as the largest there is … */
const GROWTH = 1_000n;
/** … and at least so large, where there are none or small ones. */
const GROWN_MIN = 1_000_000n;

/** The magnitude of a column's integers, those that may be written later included. */
export function grownMagnitude(census: ColumnCensus | undefined, rule: ColumnRule | null): bigint {
  const { integerMin = 0n, integerMax = 0n } = census ?? {};
  const mapped = mappedWords(rule).flatMap((to) =>
    to !== null && isBigintText(to) ? [BigInt(to)] : [],
  );
  const largest = largestOf([integerMin ?? 0n, integerMax ?? 0n, ...mapped].map(distance));
  return smallestOf([largestOf([largest * GROWTH, GROWN_MIN]), BIGINT_MAGNITUDE]);
}

/** @throws Unsure when a value of that magnitude may be no bigint */
export function fitting(magnitude: bigint): bigint {
  if (magnitude < BIGINT_MAGNITUDE) return magnitude;
  throw new Unsure(
    'it may leave the range of bigint, where SQLite goes on with a fraction and Postgres refuses the row',
  );
}

export function distance(value: bigint): bigint {
  return value < 0n ? -value : value;
}

export function largestOf(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b), 0n);
}

export function smallestOf(values: readonly [bigint, ...bigint[]]): bigint {
  return values.reduce((a, b) => (a < b ? a : b));
}
