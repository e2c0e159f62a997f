import { describe, expect, it } from 'vitest';
import { judgeObserved } from '../../../src/edge/observe.js';
import { judgeShare, wilsonInterval } from '../../../src/edge/sampling.js';
import { weightsFor } from '../../../src/edge/weights.js';

describe('the interval', () => {
  it('is that of Wilson at 99.9%', () => {
    // Worked with 40 decimal digits, by another program.
    const { low, high } = wilsonInterval(300, 3_000);
    expect(low).toBeCloseTo(0.083_390_545, 9);
    expect(high).toBeCloseTo(0.119_486_422, 9);
  });

  it('ends at exactly 0 and 1', () => {
    for (const requests of [1, 7, 300, 3_000, 1e9]) {
      expect(wilsonInterval(0, requests).low).toBe(0);
      expect(wilsonInterval(requests, requests).high).toBe(1);
      expect(wilsonInterval(0, requests).high).toBeGreaterThan(0);
    }
  });

  it('says nothing without requests', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it('misses the true share of a fair sample once in a thousand times, not more', () => {
    // Every possible outcome of 500 requests at 10%, weighed by its binomial probability.
    let missed = 0;
    let logChoose = 0;
    for (let hits = 0; hits <= 500; hits++) {
      if (hits > 0) logChoose += Math.log((500 - hits + 1) / hits);
      const { low, high } = wilsonInterval(hits, 500);
      const probability = Math.exp(logChoose + hits * Math.log(0.1) + (500 - hits) * Math.log(0.9));
      if (low > 0.1 || high < 0.1) missed += probability;
    }
    expect(missed).toBeGreaterThan(0.000_5);
    expect(missed).toBeLessThan(0.002);
  });
});

describe('a share', () => {
  it.each([
    [10, 300, 3_000, 'pass'],
    [10, 330, 3_000, 'pass'],
    [10, 380, 3_000, 'fail'],
    // The trap: one legacy server at 90 and three fleet servers at 10 each.
    [10, 750, 3_000, 'fail'],
    [10, 3, 30, 'hold'],
    [10, 30, 30, 'fail'],
    [1, 10, 1_000, 'hold'],
    [1, 50, 5_000, 'pass'],
    [0, 0, 3_000, 'pass'],
    [0, 0, 20, 'hold'],
    [0, 1, 3_000, 'fail'],
    [100, 3_000, 3_000, 'pass'],
    [100, 2_999, 3_000, 'fail'],
    [50, 0, 0, 'hold'],
    // Of four servers at 27:1:1:1 any may get the first request.
    [3.33, 1, 1, 'hold'],
    [3.33, 2, 3, 'hold'],
    [3.33, 4, 5, 'fail'],
  ])('of %d%% with %i of %i requests: %s', (wantedPercent, hits, requests, verdict) => {
    expect(judgeShare({ wantedPercent, hits, requests }).verdict).toBe(verdict);
  });

  it('is judged with its numbers', () => {
    expect(judgeShare({ wantedPercent: 10, hits: 3, requests: 30 })).toEqual({
      verdict: 'hold',
      reason:
        '3 of 30 requests, 99.9% interval 1.87% to 39.35%, wanted 10.00%: too few to be sure to ±5.00 points',
    });
  });
});

describe('what was observed of all servers', () => {
  const servers = [
    { name: 'legacy-1', stack: 'legacy' as const, address: '10.0.1.5:1' },
    { name: 'fleet-1', stack: 'fleet' as const, address: '10.0.1.10:1' },
    { name: 'fleet-2', stack: 'fleet' as const, address: '10.0.1.11:1' },
  ];
  const shares = weightsFor(servers, 50);
  const judge = (counts: number[], unserved = 0, wanted = shares) =>
    judgeObserved(
      {
        servers: new Map(
          counts.map((requests, index) => [servers[index]!.address, { requests, failures: 0 }]),
        ),
        unserved,
        requests: counts.reduce((sum, count) => sum + count, unserved),
      },
      wanted,
    );

  it('passes when all get their share', () => {
    expect(judge([1_500, 750, 750])).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining('fleet: 1500 of 3000 requests'),
    });
  });

  it('fails when one server gets the share of its neighbour too', () => {
    const { verdict, reason } = judge([1_500, 1_500, 0]);
    expect(verdict).toBe('fail');
    expect(reason).toContain('fleet-1: 1500 of 3000');
    expect(reason).toContain('fleet-2: 0 of 3000');
    expect(reason).not.toContain('legacy-1');
  });

  it('lets the fleet share as it can at 100%, where Nginx counts connections', () => {
    const all = weightsFor(servers, 100);
    expect(judge([0, 2_000, 1_000], 0, all).verdict).toBe('pass');
    expect(judge([0, 3_000, 0], 0, all)).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('fleet-2: 0 of 3000'),
    });
    expect(judge([1_000, 1_000, 1_000], 0, all).verdict).toBe('fail');
  });

  it('fails when a large part could not be served at all', () => {
    expect(judge([1_500, 0, 0], 1_500).verdict).toBe('fail');
  });
});
