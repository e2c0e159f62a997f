import { createLatencies, type Latencies } from './histogram.js';

/** An acknowledgement later than this is late, in milliseconds. */
export const LATE_MS = 5_000;

/** Everything that is counted while updates are delivered. */
export interface Tally {
  /** From the intended start to the acknowledgement, or to the end of the run without one. */
  readonly latencies: Latencies;
  /** The acknowledgements since the last progress event. */
  readonly lastSecond: Latencies;
  /** From an intended start to when the tool came to it. */
  readonly behind: Latencies;
  due: number;
  sent: number;
  writesSent: number;
  acknowledged: number;
  writesAcknowledged: number;
  givenUp: number;
  late: number;
  /** Failed attempts by kind, see `post.ts`. */
  readonly errors: Map<string, number>;
  /** Acknowledgements by the stack that answered. */
  readonly stacks: Map<string, number>;
}

export function createTally(): Tally {
  return {
    latencies: createLatencies(),
    lastSecond: createLatencies(),
    behind: createLatencies(),
    due: 0,
    sent: 0,
    writesSent: 0,
    acknowledged: 0,
    writesAcknowledged: 0,
    givenUp: 0,
    late: 0,
    errors: new Map(),
    stacks: new Map(),
  };
}

export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

export function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, value) => total + value, 0);
}
