import { judgeGauge } from './gauge.js';
import type { Verdict } from './verdict.js';

/** How far the follower was behind the authority, as it said itself. */
export interface LagReading {
  lagMs: number;
  /** How long ago it said so: a follower that has died says nothing new. */
  ageMs: number;
}

/** Whether the follower is close behind. What it last said, and since when, add up. */
export function judgeLag(readings: readonly (LagReading | null)[], limitMs: number): Verdict {
  const behindMs = readings.map((reading) => reading && reading.lagMs + reading.ageMs);
  const judged = judgeGauge(behindMs, limitMs, { what: 'follower behind by', unit: ' ms' });
  return { gate: 'lag', limit: limitMs, unit: 'ms', ...judged };
}
