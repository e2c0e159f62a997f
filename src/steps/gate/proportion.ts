import { binomialCdf } from '../../lib/binomial.js';

/** So many of so many: whole numbers, `hits` at most `of`. */
export interface Counted {
  hits: number;
  of: number;
}

/** What a count shows of the share behind it. */
export interface Judged {
  /** `unknown` as long as the limit lies between the bounds. */
  side: 'below' | 'above' | 'unknown';
  /** The share is below this, at 95%. */
  high: number;
  /** The share is above this, at 95% over all looks together. */
  low: number;
}

/** One minus the confidence. */
const ALPHA = 0.05;

/** Whether a count makes sense: two whole numbers, the first no larger. */
export function isCounted({ hits, of }: Counted): boolean {
  return Number.isSafeInteger(hits) && Number.isSafeInteger(of) && hits >= 0 && hits <= of;
}

/**
 * On which side of a limit the share is, at 95%: the exact bounds of C. J. Clopper and E. S. Pearson,
 * "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26
 * (1934) 404–413, one-sided. For no hits the upper one is the rule of three, 3/n.
 *
 * A gate looks at growing counts again and again, and the more often it looks, the more likely is
 * one unlucky moment. `above` rolls a move back by itself, so that its 5% are shared out over all
 * looks (Bonferroni): else one error in the first fifty updates were proof of more than 0.1%.
 * `below` takes the whole 5% each time: simulated over 61 looks, a fifth of stacks at exactly the
 * limit pass, and 0.3% of those at twice the limit.
 */
export function judgeShare({ hits, of }: Counted, limit: number, looks: number): Judged {
  const [high, low] = [upperBound({ hits, of }, ALPHA), lowerBound({ hits, of }, ALPHA / looks)];
  return { side: high < limit ? 'below' : low > limit ? 'above' : 'unknown', high, low };
}

/** Of how many, with the same hits, the share would be known to be below the limit. */
export function neededFor(hits: number, limit: number): number {
  return smallest(hits + 1, (of) => binomialCdf(hits, of, limit) < ALPHA);
}

/** The smallest share that leaves so few hits a chance of `alpha` at most. */
export function upperBound({ hits, of }: Counted, alpha: number): number {
  return bisect((share) => binomialCdf(hits, of, share) < alpha);
}

/** The largest share that leaves so many hits a chance of `alpha` at most. */
export function lowerBound({ hits, of }: Counted, alpha: number): number {
  return 1 - upperBound({ hits: of - hits, of }, alpha);
}

/** The first share for which it is true, from 0 to 1, to the last digit. */
function bisect(isAbove: (share: number) => boolean): number {
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return high;
    if (isAbove(middle)) high = middle;
    else low = middle;
  }
}

/** The first whole number from `from` on for which it is true, as it is for all behind it. */
function smallest(from: number, isTrue: (value: number) => boolean): number {
  let high = Math.max(1, from);
  while (high < Number.MAX_SAFE_INTEGER && !isTrue(high)) high *= 2;
  let low = from - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isTrue(middle)) high = middle;
    else low = middle;
  }
  return high;
}
