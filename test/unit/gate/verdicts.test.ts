import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBacklog, type WebhookReading } from '../../../src/steps/gate/backlog.js';
import { judgeErrorRate } from '../../../src/steps/gate/error-rate.js';
import { judgeHitRate } from '../../../src/steps/gate/hit-rate.js';
import { judgeLag } from '../../../src/steps/gate/lag.js';
import { judgeLatency } from '../../../src/steps/gate/latency.js';
import { judgeParity } from '../../../src/steps/gate/parity.js';
import { judgeUpdateAge } from '../../../src/steps/gate/update-age.js';
import { allowingFor, type Outcome, overall, summary } from '../../../src/steps/gate/verdict.js';

const LOOKS = 61;
const RANK: Record<Outcome, number> = { pass: 0, hold: 1, fail: 2 };

/** What a broken source may give. */
const nonsense = fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0.5);

const LIMITS = { errorRate: 0.001, p99Ms: 500, updateAgeS: 10, hitRate: 0.7, samplesMin: 1_000 };

const errorRate = (hits: number, of: number, looks = LOOKS) =>
  judgeErrorRate('error-rate', { hits, of }, LIMITS, looks);

function verdictOf(outcome: Outcome) {
  return {
    gate: outcome,
    verdict: outcome,
    reason: `because ${outcome}`,
    value: 1,
    limit: 1,
    unit: 'ms',
    samples: 1,
  };
}

describe('all gates together', () => {
  it.each<[Outcome[], Outcome]>([
    [['pass', 'pass'], 'pass'],
    [['pass', 'hold'], 'hold'],
    [['hold', 'fail', 'pass'], 'fail'],
    [[], 'hold'],
  ])('%j is %s', (outcomes, expected) => {
    expect(overall(outcomes.map(verdictOf))).toBe(expected);
  });

  it('say why, by those that decided', () => {
    expect(summary([verdictOf('fail'), verdictOf('hold')])).toBe('fail: because fail');
    expect(summary([verdictOf('pass'), verdictOf('hold')])).toBe('hold: because hold');
    expect(summary([verdictOf('pass')])).toBe('all 1 gates pass');
    expect(summary([])).toBe('there is nothing to judge by');
  });

  it('with numbers missing none passes, and a failure stays one', () => {
    expect(allowingFor(['fleet-2: answered 500'], verdictOf('pass'))).toEqual({
      ...verdictOf('pass'),
      verdict: 'hold',
      reason: 'not all is known: fleet-2: answered 500',
    });
    expect(allowingFor(['fleet-2: answered 500'], verdictOf('fail'))).toEqual(verdictOf('fail'));
    expect(allowingFor([], verdictOf('pass'))).toEqual(verdictOf('pass'));
  });
});

describe('the error rate', () => {
  it('is told with its numbers', () => {
    expect(errorRate(0, 300)).toEqual({
      gate: 'error-rate',
      verdict: 'hold',
      reason:
        'errors 0 of 300: at 95% less than 0.994%, limit 0.1%: too few to tell, 2,995 are needed',
      value: 0,
      limit: 0.001,
      unit: 'share',
      samples: 300,
    });
    expect(errorRate(0, 3_000)).toMatchObject({
      verdict: 'pass',
      reason: 'errors 0 of 3,000: at 95% less than 0.0998%, limit 0.1%',
    });
    expect(errorRate(1, 3_000).reason).toContain('4,742 are needed without one more');
    expect(errorRate(40, 3_000)).toMatchObject({
      verdict: 'fail',
      reason: 'errors 40 of 3,000: at 95% more than 0.769%, limit 0.1%',
      value: 40 / 3_000,
    });
  });

  it('holds with fewer samples than the least, whatever they show, but fails when they prove it', () => {
    const judge = (hits: number) =>
      judgeErrorRate('error-rate', { hits, of: 900 }, { errorRate: 0.1, samplesMin: 1_000 }, LOOKS);
    expect(judge(0)).toMatchObject({
      verdict: 'hold',
      reason: expect.stringContaining('1,000 are needed'),
    });
    expect(judge(900).verdict).toBe('fail');
  });

  it('never passes without numbers, and says that there are none', () => {
    expect(judgeErrorRate('error-rate', null, LIMITS, LOOKS)).toEqual({
      gate: 'error-rate',
      verdict: 'hold',
      reason: 'errors are not known: there are no numbers to judge by',
      value: null,
      limit: 0.001,
      unit: 'share',
      samples: null,
    });
    fc.assert(
      fc.property(nonsense, fc.nat(), (bad, good) => {
        expect(errorRate(bad, good).verdict).toBe('hold');
        expect(errorRate(good, bad).verdict).toBe('hold');
      }),
    );
    expect(errorRate(2, 1).verdict).toBe('hold');
    expect(errorRate(0, 0)).toMatchObject({ verdict: 'hold', value: null });
  });

  it('is never better with one error more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50_000 }),
        fc.double({ min: 0, max: 0.01, noNaN: true }),
        (of, share) => {
          const hits = Math.min(Math.floor(of * share), of - 1);
          const [one, other] = [errorRate(hits, of), errorRate(hits + 1, of)];
          expect(RANK[other.verdict]).toBeGreaterThanOrEqual(RANK[one.verdict]);
        },
      ),
    );
  });

  it('passes only with enough samples and a rate below the limit, and fails only above it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50_000 }), fc.nat(100), (of, errors) => {
        const hits = Math.min(errors, of);
        const { verdict, value } = errorRate(hits, of);
        if (verdict === 'pass') {
          expect(of).toBeGreaterThanOrEqual(2_995);
          expect(value).toBeLessThan(0.001);
        }
        if (verdict === 'fail') expect(value).toBeGreaterThan(0.001);
      }),
    );
  });
});

describe('the latency', () => {
  const buckets = (fast: number, slower: number, slowest: number) =>
    new Map([
      [0.25, fast],
      [0.5, fast + slower],
      [1, fast + slower + slowest],
      [Infinity, fast + slower + slowest],
    ]);
  const latency = (all: Map<number, number> | null, p99Ms = 500) =>
    judgeLatency(all, { p99Ms, samplesMin: 1_000 }, LOOKS);

  it('passes when fewer than 1% are proven to be slower', () => {
    expect(latency(buckets(3_900, 95, 5))).toEqual({
      gate: 'latency',
      verdict: 'pass',
      reason:
        'p99 407.9 ms, limit 500 ms: 5 of 4,000 updates took longer, at 95% less than 0.263% where 1% may',
      value: expect.closeTo(407.894_7, 3),
      limit: 500,
      unit: 'ms',
      samples: 4_000,
    });
  });

  it('fails when more than 1% are proven to be slower', () => {
    expect(latency(buckets(3_900, 0, 100))).toMatchObject({
      verdict: 'fail',
      reason:
        'p99 800 ms, limit 500 ms: 100 of 4,000 updates took longer, at 95% more than 1.79% where 1% may',
    });
  });

  it('holds in between, and with few samples', () => {
    expect(latency(buckets(3_900, 60, 40)).verdict).toBe('hold');
    expect(latency(buckets(999, 0, 0))).toMatchObject({
      verdict: 'hold',
      reason: expect.stringContaining('too few to tell, 1,000 are needed'),
    });
    expect(latency(buckets(0, 0, 0))).toMatchObject({ verdict: 'hold', value: null, samples: 0 });
  });

  it('a limit within a bucket is passed and failed only by those that are surely on one side', () => {
    // 400 ms: the 95 between 250 and 500 may be on either side.
    expect(latency(buckets(3_905, 95, 0), 400).verdict).toBe('hold');
    expect(latency(buckets(3_990, 10, 0), 400).verdict).toBe('pass');
    expect(latency(buckets(3_800, 200, 0), 400).verdict).toBe('hold');
    expect(latency(buckets(3_800, 0, 200), 400).verdict).toBe('fail');
  });

  it('a limit above and below all buckets is still no pass without proof', () => {
    expect(latency(buckets(4_000, 0, 0), 100).verdict).toBe('hold');
    const above = new Map([...buckets(3_000, 0, 0), [Infinity, 4_000]]);
    expect(latency(above, 5_000)).toMatchObject({ verdict: 'hold', value: 1_000 });
  });

  it('never passes without numbers that make sense', () => {
    for (const broken of [
      null,
      new Map(),
      new Map([[0.5, 4_000]]),
      new Map([
        [0.25, 4_000],
        [0.5, 3_000],
        [Infinity, 4_000],
      ]),
    ]) {
      expect(latency(broken)).toMatchObject({ verdict: 'hold', value: null, samples: null });
    }
    fc.assert(
      fc.property(nonsense, (bad) => {
        expect(latency(buckets(bad, 4_000, 0)).verdict).toBe('hold');
        expect(latency(buckets(4_000, bad, 0)).verdict).toBe('hold');
      }),
    );
  });

  it('is never better with one slower', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(300), (fast, slow) => {
        const [one, other] = [latency(buckets(fast, 0, slow)), latency(buckets(fast, 0, slow + 1))];
        // One more sample may be the one that was missing.
        fc.pre(fast + slow + 1 !== 1_000);
        expect(RANK[other.verdict]).toBeGreaterThanOrEqual(RANK[one.verdict]);
      }),
    );
  });
});

describe('the age of updates', () => {
  const ages = (young: number, old: number, ancient = 0) =>
    new Map([
      [5, young],
      [10, young],
      [30, young + old],
      [Infinity, young + old + ancient],
    ]);
  const age = (all: Map<number, number> | null, updateAgeS = 10) =>
    judgeUpdateAge(all, { updateAgeS, samplesMin: 1_000 }, LOOKS);

  it('passes when none is older than the limit', () => {
    expect(age(ages(2_000, 0))).toEqual({
      gate: 'update-age',
      verdict: 'pass',
      reason: 'oldest update at most 5 s, limit 10 s: 0 of 2,000 older',
      value: 5,
      limit: 10,
      unit: 's',
      samples: 2_000,
    });
  });

  it('holds with a straggler, and fails when there are more than an accident', () => {
    expect(age(ages(2_000, 1))).toMatchObject({ verdict: 'hold', value: 30 });
    expect(age(ages(2_000, 100))).toMatchObject({
      verdict: 'fail',
      reason:
        'oldest update at most 30 s, limit 10 s: 100 of 2,100 older, at 95% more than 3.43% where 1% may',
    });
    expect(age(ages(2_000, 0, 1))).toMatchObject({
      verdict: 'hold',
      reason: expect.stringContaining('oldest update above 30 s'),
    });
  });

  it('never passes with few, none, or nonsense', () => {
    expect(age(ages(999, 0)).verdict).toBe('hold');
    expect(age(ages(0, 0))).toMatchObject({ verdict: 'hold', value: null });
    expect(judgeUpdateAge(ages(0, 0), { updateAgeS: 10, samplesMin: 0 }, LOOKS).verdict).toBe(
      'hold',
    );
    expect(age(null).verdict).toBe('hold');
    fc.assert(
      fc.property(nonsense, (bad) => {
        expect(age(ages(bad, 0)).verdict).toBe('hold');
      }),
    );
  });

  it('a limit within a bucket is not passed by what may be older', () => {
    expect(age(ages(2_000, 5), 20).verdict).toBe('hold');
  });
});

describe('the hit rate', () => {
  const hitRate = (hits: number, of: number) => judgeHitRate({ hits, of }, LIMITS);

  it('passes above the limit, and a cold cache holds and never fails', () => {
    expect(hitRate(1_800, 2_000)).toMatchObject({
      verdict: 'pass',
      reason: 'cache hits 1,800 of 2,000: at 95% more than 88.8%, limit 70%',
      value: 0.9,
      samples: 2_000,
    });
    expect(hitRate(1_400, 2_000).verdict).toBe('hold');
    expect(hitRate(0, 2_000)).toMatchObject({
      verdict: 'hold',
      reason: 'cache hits 0 of 2,000: at 95% more than 0%, limit 70%: too few hits yet',
    });
  });

  it('never passes with few, none, or nonsense', () => {
    expect(hitRate(999, 999).verdict).toBe('hold');
    expect(hitRate(0, 0)).toMatchObject({ verdict: 'hold', value: null });
    expect(judgeHitRate(null, LIMITS).verdict).toBe('hold');
    fc.assert(
      fc.property(nonsense, fc.nat(), (bad, good) => {
        expect(hitRate(bad, good).verdict).toBe('hold');
        expect(hitRate(good, bad).verdict).toBe('hold');
      }),
    );
  });
});

describe('the lag', () => {
  const lag = (...lagMs: (number | null)[]) =>
    judgeLag(
      lagMs.map((each) => (each === null ? null : { lagMs: each, ageMs: 0 })),
      1_000,
    );
  const times = (count: number, value: number) => Array.from({ length: count }, () => value);

  it('passes below the limit', () => {
    expect(lag(40, 20)).toEqual({
      gate: 'lag',
      verdict: 'pass',
      reason: 'follower behind by 20 ms, limit 1,000 ms',
      value: 20,
      limit: 1_000,
      unit: 'ms',
      samples: 2,
    });
  });

  it('holds above it, and fails when it stays there and does not fall', () => {
    expect(lag(...times(9, 1_500)).verdict).toBe('hold');
    expect(lag(...times(10, 1_500))).toMatchObject({
      verdict: 'fail',
      reason:
        'follower behind by 1,500 ms, limit 1,000 ms: above it at each of the last 10 readings, and not falling',
    });
    expect(lag(...times(9, 1_500), 1_400).verdict).toBe('hold');
    expect(lag(...times(9, 1_500), 900, 1_500).verdict).toBe('hold');
  });

  it('holds below it while it grows', () => {
    expect(lag(100, 700)).toMatchObject({
      verdict: 'hold',
      reason: 'follower behind by 700 ms, limit 1,000 ms: growing, from 100 ms when the gate began',
    });
    expect(lag(100, 600).verdict).toBe('pass');
  });

  it('a follower that has not said anything for long is behind by that long', () => {
    const readings = [0, 1].map(() => ({ lagMs: 5, ageMs: 20_000 }));
    expect(judgeLag(readings, 1_000)).toMatchObject({ verdict: 'hold', value: 20_005 });
  });

  it('never passes by one reading, or without the last one', () => {
    expect(lag().verdict).toBe('hold');
    expect(lag(5)).toMatchObject({ verdict: 'hold', samples: 1 });
    expect(lag(5, 5, null)).toMatchObject({ verdict: 'hold', value: null });
    expect(lag(5, 5, Number.NaN)).toMatchObject({ verdict: 'hold', value: null });
    expect(lag(5, 5, -1).verdict).toBe('hold');
    expect(lag(5, 5, Infinity).verdict).toBe('hold');
  });
});

describe('the backlog', () => {
  const reading = (pendingUpdates: number, more: Partial<WebhookReading> = {}) => ({
    pendingUpdates,
    lastError: null,
    atMs: 1_000_000,
    ...more,
  });
  const backlog = (...readings: (WebhookReading | null)[]) => judgeBacklog(readings, 100);

  it('passes when few wait, and holds above the limit or while it grows', () => {
    expect(backlog(reading(3), reading(7))).toMatchObject({
      verdict: 'pass',
      reason: 'updates waiting at Telegram: 7, limit 100',
      value: 7,
      unit: 'updates',
    });
    expect(backlog(reading(3), reading(101)).verdict).toBe('hold');
    expect(backlog(reading(3), reading(60))).toMatchObject({
      verdict: 'hold',
      reason: 'updates waiting at Telegram: 60, limit 100: growing, from 3 when the gate began',
    });
  });

  it('fails when many wait and go on waiting', () => {
    const all = Array.from({ length: 10 }, (_, i) => reading(200 + i));
    expect(backlog(...all).verdict).toBe('fail');
  });

  it('holds for ten seconds after Telegram could not deliver one', () => {
    const lastError = { atMs: 990_000, message: 'Connection refused' };
    expect(backlog(reading(0), reading(0, { lastError }))).toMatchObject({
      verdict: 'hold',
      reason:
        'updates waiting at Telegram: 0, limit 100, but 10 s ago it could not deliver one: Connection refused',
    });
    expect(backlog(reading(0), reading(0, { lastError, atMs: 1_000_001 })).verdict).toBe('pass');
  });

  it('never passes without the last reading', () => {
    expect(backlog(reading(0), reading(0), null).verdict).toBe('hold');
    fc.assert(
      fc.property(fc.constantFrom(Number.NaN, Infinity, -1), (bad) => {
        expect(backlog(reading(0), reading(bad)).verdict).toBe('hold');
      }),
    );
  });
});

describe('parity', () => {
  it.each([
    [{ differences: 0, rows: 183_000 }, 'pass', 'differences 0 in 183,000 rows compared'],
    [{ differences: 1, rows: 183_000 }, 'fail', 'differences 1 in 183,000 rows compared'],
    [{ differences: 0, rows: 0 }, 'hold', 'differences 0 in 0 rows compared'],
    [{ differences: Number.NaN, rows: 9 }, 'hold', notKnownText()],
    [{ differences: 0, rows: Number.NaN }, 'hold', notKnownText()],
    [null, 'hold', notKnownText()],
  ])('%j is %s', (reading, verdict, reason) => {
    expect(judgeParity(reading)).toMatchObject({ verdict, reason });
  });
});

function notKnownText(): string {
  return 'whether the databases are equal is not known: there are no numbers to judge by';
}
