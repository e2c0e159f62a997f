import { describe, expect, test } from 'vitest';
import { cacheHitRate, parseCacheCounts } from '../../../src/loadtest/cache-metrics.js';
import { createLatencies } from '../../../src/loadtest/histogram.js';
import { type Judged, judge } from '../../../src/loadtest/verdict.js';

describe('latencies', () => {
  test('are kept to three digits, from a microsecond to a day', () => {
    const latencies = createLatencies();
    expect([latencies.percentileMs(99), latencies.maxMs()]).toEqual([0, 0]);
    for (let ms = 1; ms <= 1_000; ms += 1) latencies.record(ms);
    const within = (value: number, expected: number) =>
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(expected / 1_000);
    within(latencies.percentileMs(50), 500);
    within(latencies.percentileMs(99.9), 999);
    latencies.record(100 * 3_600_000);
    within(latencies.maxMs(), 24 * 3_600_000);
    latencies.clear();
    latencies.record(0.25);
    within(latencies.percentileMs(50), 0.25);
    expect(latencies.count).toBe(1);
  });
});

const good: Judged = {
  acknowledged: 1_000,
  p99Ms: 80,
  errors: 2,
  late: 0,
  unfinished: 0,
  duplicateReplies: 0,
  callbackAnswersLate: 0,
  cacheHitRate: 0.95,
};

describe('the verdict', () => {
  test('passes at the limits', () => {
    const limits = { p99MsMax: 80, errorsMax: 2, lateMax: 0, cacheHitRateMin: 0.95 };
    expect(judge(good, limits)).toEqual({ pass: true, reasons: [] });
  });

  test('names every limit that is not kept, with both numbers', () => {
    const judged = { ...good, late: 3, unfinished: 4, duplicateReplies: 5, callbackAnswersLate: 6 };
    const limits = {
      p99MsMax: 79.9,
      errorsMax: 1,
      lateMax: 0,
      unfinishedMax: 0,
      duplicateRepliesMax: 0,
      callbackAnswersLateMax: 0,
      cacheHitRateMin: 0.96,
    };
    expect(judge(judged, limits)).toEqual({
      pass: false,
      reasons: [
        'p99 80 ms > 79.9 ms',
        'failed attempts 2 > 1',
        'late updates 3 > 0',
        'unfinished updates 4 > 0',
        'duplicate replies 5 > 0',
        'late callback answers 6 > 0',
        'cache hit rate 0.95 < 0.96',
      ],
    });
  });

  test('nothing measured is not good', () => {
    const nothing = { ...good, acknowledged: 0, cacheHitRate: null };
    expect(judge(nothing, { cacheHitRateMin: 0.9 }).reasons).toEqual([
      'no update was acknowledged',
      'the cache hit rate was not measured',
    ]);
  });
});

describe('the cache hit rate', () => {
  test('is read from Prometheus text, over all other labels', () => {
    const text = `# HELP cardbot_cache_requests_total Requests to the cache
cardbot_cache_requests_total{stack="fleet",result="hit",key="a"} 90
cardbot_cache_requests_total{result="hit",stack="fleet",key="b"} 1e1
cardbot_cache_requests_total{stack="fleet",result="miss"} 5
other_cache_requests_total{result="miss"} 7
`;
    expect(parseCacheCounts(text)).toEqual({ hits: 100, misses: 5 });
    expect(parseCacheCounts('up 1\n')).toBe(undefined);
  });

  test('counts what was asked between two readings, also of a bot that was started again', () => {
    const before = new Map([
      ['one', { hits: 100, misses: 100 }],
      ['two', { hits: 500, misses: 500 }],
    ]);
    const after = new Map([
      ['one', { hits: 160, misses: 110 }],
      ['two', { hits: 20, misses: 10 }],
    ]);
    expect(cacheHitRate(before, after)).toBe(0.8);
    expect(cacheHitRate(after, after)).toBe(null);
  });
});
