import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialCdf } from '../../../src/lib/binomial.js';
import {
  judgeShare,
  lowerBound,
  neededFor,
  upperBound,
} from '../../../src/steps/gate/proportion.js';

describe('the binomial distribution', () => {
  // By SciPy 1.17, scipy.stats.binom.cdf.
  it.each([
    [0, 3_000, 0.001, 0.049712393998036286],
    [10, 10_000, 0.001, 0.5830397606292574],
    [299_000, 1_000_000, 0.3, 0.014568219219936592],
    [300_000, 1_000_000, 0.3, 0.5004933190666546],
    [5, 10, 0.5, 0.623046875],
  ])('at most %i of %i at %f', (k, n, p, expected) => {
    expect(binomialCdf(k, n, p)).toBeCloseTo(expected, 8);
  });

  it('is the sum of its terms, counted in whole numbers', () => {
    // At one half each term is n over k, of 2ⁿ in all.
    for (let n = 1; n <= 60; n++) {
      let [choose, sum] = [1n, 0n];
      for (let k = 0; k <= n; k++) {
        sum += choose;
        choose = (choose * BigInt(n - k)) / BigInt(k + 1);
        const exact = Number((sum * 10n ** 15n) / 2n ** BigInt(n)) / 1e15;
        expect(binomialCdf(k, n, 0.5)).toBeCloseTo(exact, 12);
      }
    }
  });

  it('is certain at its ends', () => {
    expect([binomialCdf(-1, 5, 0.5), binomialCdf(5, 5, 0.5)]).toEqual([0, 1]);
    expect([binomialCdf(0, 5, 0), binomialCdf(4, 5, 1)]).toEqual([1, 0]);
  });
});

describe('the bounds', () => {
  // By SciPy 1.17, scipy.stats.beta.ppf; those at 0.025 are in the printed tables of 95% intervals.
  it.each([
    [0, 10, 0.025, 0, 0.308497107819],
    [5, 10, 0.025, 0.187086028447, 0.812913971553],
    [1, 20, 0.025, 0.00126508949795, 0.248732762772],
    [10, 100, 0.025, 0.0490046892215, 0.17622259774],
    [0, 300, 0.05, 0, 0.00993608194446],
    [0, 3_000, 0.05, 0, 0.000998079011997],
    [3, 3_000, 0.05, 0.000272617545874, 0.00258250513829],
    [40, 3_000, 0.05, 0.0100800824456, 0.0173214791642],
    [10, 10, 0.05, 0.741134449107, 1],
    [1, 1, 0.05, 0.05, 1],
    [70_000, 100_000, 0.05, 0.6976071151, 0.702384314191],
  ])('are those of Clopper and Pearson for %i of %i at %f', (hits, of, alpha, low, high) => {
    expect(lowerBound({ hits, of }, alpha)).toBeCloseTo(low, 10);
    expect(upperBound({ hits, of }, alpha)).toBeCloseTo(high, 10);
  });

  it('say nothing without requests', () => {
    expect([lowerBound({ hits: 0, of: 0 }, 0.05), upperBound({ hits: 0, of: 0 }, 0.05)]).toEqual([
      0, 1,
    ]);
  });

  it('cover the true share at least as often as they claim', () => {
    // Every outcome of 300 requests, weighed by its probability.
    for (const share of [0.001, 0.01, 0.1, 0.5, 0.9]) {
      let missed = 0;
      for (let hits = 0; hits <= 300; hits++) {
        const weight = binomialCdf(hits, 300, share) - binomialCdf(hits - 1, 300, share);
        if (upperBound({ hits, of: 300 }, 0.05) < share) missed += weight;
      }
      expect(missed).toBeLessThanOrEqual(0.05 + 1e-9);
    }
  });
});

describe('a share', () => {
  it.each([
    [0, 2_994, 'unknown'],
    [0, 2_995, 'below'],
    [1, 4_741, 'unknown'],
    [1, 4_742, 'below'],
    // An error in the first request is bad luck; a second one soon after is not.
    [1, 1, 'unknown'],
    [2, 20, 'above'],
    [20, 20, 'above'],
  ])('of 0.1%% with %i errors of %i is %s', (hits, of, side) => {
    expect(judgeShare({ hits, of }, 0.001, 61).side).toBe(side);
  });

  it('needs so many that it is known then, and not with one less', () => {
    expect([0, 1, 2, 5].map((hits) => neededFor(hits, 0.001))).toEqual([
      2_995, 4_742, 6_294, 10_511,
    ]);
    fc.assert(
      fc.property(fc.nat(200), fc.double({ min: 1e-4, max: 0.9, noNaN: true }), (hits, limit) => {
        const of = neededFor(hits, limit);
        expect(judgeShare({ hits, of }, limit, 1).side).toBe('below');
        expect(judgeShare({ hits: Math.min(hits, of - 1), of: of - 1 }, limit, 1).side).not.toBe(
          hits <= of - 1 ? 'below' : 'above',
        );
      }),
    );
  });

  it('is known to be above less easily the more often it is looked at', () => {
    expect(judgeShare({ hits: 1, of: 40 }, 0.001, 1).side).toBe('above');
    expect(judgeShare({ hits: 1, of: 40 }, 0.001, 61).side).toBe('unknown');
  });
});
