import { doubleText } from '../schema/values/number-text.js';

const BILLION = 1_000_000_000;
const ZERO = 0x30;
const MINUS = 0x2d;

/**
 * Writes a whole number of at most 2^53 in decimal at `at`.
 *
 * @returns the offset behind the last digit
 */
export function appendInteger(out: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    out[at++] = MINUS;
    value = -value;
  }
  if (value < BILLION) return appendSmall(out, at, value | 0);
  const high = Math.floor(value / BILLION);
  const low = (value - high * BILLION) | 0;
  return appendNineDigits(out, appendSmall(out, at, high | 0), low);
}

/**
 * Writes a double as Postgres prints it.
 *
 * @returns the offset behind the last character
 */
export function appendFloat(out: Buffer, at: number, value: number): number {
  if (Number.isSafeInteger(value) && value < 1e15 && value > -1e15 && !Object.is(value, -0)) {
    return appendInteger(out, at, value);
  }
  return at + out.write(doubleText(value), at, 'latin1');
}

// Highest value seen here is 2^53 / 1e9, below 2^31.
function appendSmall(out: Uint8Array, at: number, value: number): number {
  const end = at + digitCount(value);
  let i = end;
  do {
    const rest = (value / 10) | 0;
    out[--i] = ZERO + value - rest * 10;
    value = rest;
  } while (value !== 0);
  return end;
}

function appendNineDigits(out: Uint8Array, at: number, value: number): number {
  for (let i = at + 8; i >= at; i--) {
    const rest = (value / 10) | 0;
    out[i] = ZERO + value - rest * 10;
    value = rest;
  }
  return at + 9;
}

function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1_000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < BILLION ? 9 : 10;
}
