import { expect, it } from 'vitest';
import { above, histogramOf, quantile } from '../../../src/steps/gate/histogram.js';

const histogram = histogramOf(
  new Map([
    // In no order, as a scrape may have it.
    [Infinity, 100],
    [0.1, 50],
    [0.5, 90],
    [1, 98],
  ]),
)!;

// Worked by hand from the documentation of Prometheus's histogram_quantile.
it.each([
  [0.25, 0.05],
  [0.5, 0.1],
  [0.7, 0.3],
  [0.98, 1],
  // Above the last finite bound it is that bound.
  [0.99, 1],
])('the %f quantile is interpolated as Prometheus does', (q, expected) => {
  expect(quantile(histogram, q)).toBeCloseTo(expected, 12);
});

it('an empty histogram has no quantile', () => {
  expect(quantile(histogramOf(new Map([[Infinity, 0]]))!, 0.99)).toBeNull();
});

it('an empty bucket below is passed over', () => {
  const sparse = histogramOf(
    new Map([
      [0.1, 0],
      [0.5, 10],
      [Infinity, 10],
    ]),
  )!;
  expect(quantile(sparse, 0.5)).toBeCloseTo(0.3, 12);
});

it.each([
  [0.5, 10, 10],
  // Within a bucket: its 40 may be on either side.
  [0.2, 10, 50],
  [0.05, 50, 100],
  [7, 0, 2],
])('above %f are at least %i and at most %i', (limit, atLeast, atMost) => {
  expect(above(histogram, limit)).toEqual({
    atLeast: { hits: atLeast, of: 100 },
    atMost: { hits: atMost, of: 100 },
  });
});
