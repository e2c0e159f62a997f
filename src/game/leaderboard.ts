import { HOUR_MS } from './time.js';

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
