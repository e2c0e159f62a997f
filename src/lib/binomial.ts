/**
 * The probability of at most `k` hits in `n` independent trials of probability `p`.
 *
 * The terms of the smaller tail are added from its largest on, each from the one before, until they
 * no longer count: exact to about 9 digits for a million trials, where the first term's logarithm
 * is what limits it.
 *
 * @param k a whole number
 * @param n a whole number
 */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n || p <= 0) return 1;
  if (p >= 1) return 0;
  // What is at most `k` hits is at least `n − k` misses.
  return k < n * p ? lowerTail(k, n, p) : 1 - lowerTail(n - k - 1, n, 1 - p);
}

/** Of at most `k` hits, where `k` is below the mean: its terms fall from the first one on. */
function lowerTail(k: number, n: number, p: number): number {
  let term = Math.exp(
    logFactorial(n) -
      logFactorial(k) -
      logFactorial(n - k) +
      k * Math.log(p) +
      (n - k) * Math.log1p(-p),
  );
  let sum = term;
  for (let hits = k; hits > 0 && term > sum * Number.EPSILON; hits--) {
    term *= (hits / (n - hits + 1)) * ((1 - p) / p);
    sum += term;
  }
  return Math.min(1, sum);
}

/** Stirling's series, which from 16 on is good to 13 digits: DLMF 5.11.1. */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let factor = 2; factor <= n; factor++) product *= factor;
    return Math.log(product);
  }
  const series = 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5) - 1 / (1680 * n ** 7);
  return (n + 0.5) * Math.log(n) - n + HALF_LOG_2_PI + series;
}

const HALF_LOG_2_PI = 0.5 * Math.log(2 * Math.PI);
