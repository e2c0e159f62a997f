import type { Value } from './executor.js';
import type { StoredTime } from './rows.js';

/**
 * Reads what the databases give into what `rows.ts` promises. A column may have another type than
 * its name suggests: the census chose one that holds every value that was in it.
 */

export function idOf(value: unknown): bigint {
  return typeof value === 'bigint' ? value : BigInt(value as string | number);
}

export function idOrNull(value: unknown): bigint | null {
  return value === null ? null : idOf(value);
}

export function numberOf(value: unknown): number {
  return numberOrNull(value) ?? 0;
}

/** Null also for text that is no number. */
export function numberOrNull(value: unknown): number | null {
  if (value === null) return null;
  const number = Number(value);
  return Number.isNaN(number) ? null : number;
}

export function flagOrNull(value: unknown): boolean | null {
  if (value === null || typeof value === 'boolean') return value;
  return typeof value === 'string' ? /^(t|true|1)$/i.test(value) : Number(value) !== 0;
}

/** What both a boolean and an integer column take. */
export function flagValue(flag: boolean | null): Value {
  if (flag === null) return null;
  return flag ? '1' : '0';
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

export function textOrNull(value: unknown): string | null {
  return value === null ? null : textOf(value);
}

export function timeOf(value: unknown): StoredTime {
  return value as StoredTime;
}

export function timeOrNull(value: unknown): StoredTime | null {
  return value as StoredTime | null;
}
