import { filesOf } from '../../src/edge/files.js';
import type { EdgeSurroundings } from '../../src/edge/put-back.js';
import type { ShiftOptions } from '../../src/edge/shift.js';
import { systemClock } from '../../src/lib/clock.js';
import type { TestEdge } from './edge.js';

export function surroundings(
  { config }: Pick<TestEdge, 'config'>,
  deadlineMs = 20_000,
): EdgeSurroundings {
  return { config, files: filesOf(config.commands), deadlineMs, clock: systemClock };
}

/** A shift that watches nothing, unless told to. */
export function shiftOptions(
  edge: Pick<TestEdge, 'config'>,
  percent: number,
  more: Partial<ShiftOptions> = {},
): ShiftOptions {
  return {
    ...surroundings(edge),
    percent,
    observe: { requests: 0, secondsMax: 0 },
    ready: { timeoutMsMax: 5_000 },
    ...more,
  };
}
