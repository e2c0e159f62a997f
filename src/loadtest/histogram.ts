import { build } from 'hdr-histogram-js';

/** How long things took, in milliseconds, to three digits. */
export interface Latencies {
  readonly count: number;
  record(ms: number): void;
  /** @param percent e.g. 99.9. @returns milliseconds, 0 when there is nothing */
  percentileMs(percent: number): number;
  maxMs(): number;
  clear(): void;
}

const MICROSECONDS_MAX = 24 * 3_600_000_000;

export function createLatencies(): Latencies {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MICROSECONDS_MAX,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });
  return {
    get count() {
      return histogram.totalCount;
    },
    record: (ms) => {
      const microseconds = Math.round(ms * 1_000);
      histogram.recordValue(Math.min(Math.max(microseconds, 0), MICROSECONDS_MAX));
    },
    percentileMs: (percent) => inMs(histogram.getValueAtPercentile(percent)),
    maxMs: () => inMs(histogram.maxValue),
    clear: () => histogram.reset(),
  };
}

function inMs(microseconds: number): number {
  return Math.round(microseconds) / 1_000;
}
