import { describe, expect, it } from 'vitest';
import { lookEvent } from '../../../src/cli/engine/look-event.js';
import { lookLine, lookLines } from '../../../src/cli/render/look.js';
import { plainRenderer } from '../../../src/cli/render/plain.js';
import type { LookEvent } from '../../../src/lib/report.js';
import type { GateReading } from '../../../src/steps/gate/measure.js';
import type { Verdict } from '../../../src/steps/gate/verdict.js';
import { FakeClock } from '../cli/helpers.js';

const LOOK: LookEvent = {
  type: 'look',
  step: 'gate at 25%',
  percentWanted: 25,
  percentSeen: 24.54,
  requestsPerSecond: 18.4,
  errors: { hits: 2, of: 1_709 },
  p99Ms: 143.2,
  lagMs: 12.4,
  authority: 'sqlite',
  epoch: 0,
  gates: [
    { gate: 'lag', verdict: 'pass', reason: 'follower behind by 12 ms' },
    { gate: 'share', verdict: 'hold', reason: 'too few' },
    { gate: 'error-rate', verdict: 'fail', reason: '2 of 3' },
  ],
};

const UNKNOWN: LookEvent = {
  ...LOOK,
  percentSeen: null,
  requestsPerSecond: null,
  errors: null,
  p99Ms: null,
  lagMs: null,
  gates: [],
};

describe('a look at a move', () => {
  it('is one line', () => {
    expect(lookLine(LOOK)).toBe(
      'gate at 25%: 25% to the fleet (24.5% seen), 18 updates/s, 2 errors of 1,709, p99 143 ms, lag 12 ms, sqlite epoch 0, share: hold, error-rate: fail',
    );
  });

  it('is a line for each gate on a terminal', () => {
    expect(lookLines(LOOK).slice(1)).toEqual([
      '✓ lag         follower behind by 12 ms',
      '… share       too few',
      '✗ error-rate  2 of 3',
    ]);
  });

  it('shows what is not known as that', () => {
    expect(lookLines(UNKNOWN)).toEqual(['25% to the fleet (?), ?, ?, ?, ?, sqlite epoch 0']);
  });

  it('is a plain line every ten seconds', () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    const { report } = plainRenderer((line) => lines.push(line), clock);
    for (clock.ms = 0; clock.ms <= 20_000; clock.ms += 1_000) {
      report({ ...LOOK, epoch: clock.ms });
    }
    expect(lines.map((line) => /epoch (\d+)/.exec(line)?.[1])).toEqual(['0', '10000', '20000']);
  });
});

describe('what is put together of a reading', () => {
  const WHERE = { step: 'gate', percent: 25, authority: 'sqlite', epoch: 0 } as const;

  it('has the numbers of the gates, and the rate since the reading before', () => {
    const verdicts = [
      verdict('error-rate', 0.25, 8),
      verdict('latency', 143, 8),
      verdict('share', 24.5, 40),
    ];
    const before = reading(1_000, 100);
    const look = lookEvent(WHERE, reading(3_000, 140), verdicts, before);
    expect(look).toMatchObject({
      percentWanted: 25,
      percentSeen: 24.5,
      requestsPerSecond: 20,
      errors: { hits: 2, of: 8 },
      p99Ms: 143,
      lagMs: 7,
    });
    expect(look.gates.map(({ gate }) => gate)).toEqual(['error-rate', 'latency', 'share']);
  });

  it('has no rate where there was no reading before, and no numbers that nobody gave', () => {
    expect(lookEvent(WHERE, reading(1_000, 100), [], null)).toMatchObject({
      percentSeen: null,
      requestsPerSecond: null,
      errors: null,
      p99Ms: null,
    });
  });
});

function verdict(gate: string, value: number, samples: number): Verdict {
  return { gate, verdict: 'pass', reason: '', value, limit: 1, unit: '', samples };
}

function reading(atMs: number, requests: number): GateReading {
  return {
    at: new Date(atMs),
    errors: null,
    cacheHits: null,
    unserved: { hits: 0, of: requests },
    webhook: null,
    lag: { lagMs: 5, ageMs: 2 },
    parity: null,
    problems: [],
  };
}
