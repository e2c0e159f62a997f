import type { Since } from '../store/reads.js';
import { HOUR_MS, type Now, writeTime } from './time.js';

export const LEADERBOARD_SIZE = 10;

export const WINDOWS = ['all', 'week', 'month'] as const;

/** The fights that count: all there ever were, or those of the last 7 or 30 days. */
export type Window = (typeof WINDOWS)[number];

const DAYS: Readonly<Record<Window, number | null>> = { all: null, week: 7, month: 30 };

/** From which instant fights count, Unix milliseconds; null when all do. */
export function windowFromMs(window: Window, nowMs: number): number | null {
  const days = DAYS[window];
  return days === null ? null : nowMs - days * 24 * HOUR_MS;
}

/** The same as the tables write it. */
export function windowSince(window: Window, { ms, zone }: Now): Since | null {
  const fromMs = windowFromMs(window, ms);
  if (fromMs === null) return null;
  const unixS = Math.floor(fromMs / 1_000);
  return { iso: writeTime(unixS * 1_000, zone), unixS };
}
