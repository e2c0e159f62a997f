import { binomialCdf } from '../lib/binomial.js';

/** What a sample says about a share. */
export interface ShareVerdict {
  verdict: 'pass' | 'hold' | 'fail';
  /** With its numbers. */
  reason: string;
}

export interface ShareSample {
  /** The share asked for, percent. */
  wantedPercent: number;
  /** Requests that went where they count. */
  hits: number;
  /** All requests. */
  requests: number;
}

/**
 * Whether a sample agrees with the share that was asked for: the 99.9% interval around what was
 * seen must hold it. Of a few requests that interval promises too much, so what fails must be as
 * unlikely by the binomial distribution itself: one server in thirty may well get the first. As long
 * as that interval is so wide that half the share, or twice, would fit as well, nothing is decided.
 */
export function judgeShare({ wantedPercent, hits, requests }: ShareSample): ShareVerdict {
  const wanted = wantedPercent / 100;
  const { low, high } = wilsonInterval(hits, requests);
  const numbers = `${hits} of ${requests} requests, 99.9% interval ${percent(low)} to ${percent(high)}, wanted ${percent(wanted)}`;
  const isOutside = wanted < low || wanted > high;
  if (isOutside && tailOf(hits, requests, wanted) < OUTSIDE / 2) {
    return { verdict: 'fail', reason: numbers };
  }
  const halfWidthMax = resolutionFor(wanted);
  if ((high - low) / 2 <= halfWidthMax) return { verdict: 'pass', reason: numbers };
  return {
    verdict: 'hold',
    reason: `${numbers}: too few to be sure to ±${(100 * halfWidthMax).toFixed(2)} points`,
  };
}

/** How likely at least so many hits are, or at most, whichever is less. */
function tailOf(hits: number, requests: number, share: number): number {
  const atMost = binomialCdf(hits, requests, share);
  const atLeast = 1 - binomialCdf(hits - 1, requests, share);
  return Math.min(atMost, atLeast);
}

/** What the interval leaves out. */
const OUTSIDE = 0.001;

/**
 * The score interval for a share, which stays within 0 and 1 and holds for small counts.
 * E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
 * J. Am. Stat. Assoc. 22 (1927) 209–212.
 *
 * @returns shares, 0 to 1; 0 and 1 when there were no requests
 */
export function wilsonInterval(hits: number, requests: number): { low: number; high: number } {
  if (requests === 0) return { low: 0, high: 1 };
  const share = hits / requests;
  const denominator = 1 + (Z * Z) / requests;
  const middle = (share + (Z * Z) / (2 * requests)) / denominator;
  const spread = Math.sqrt((share * (1 - share)) / requests + (Z * Z) / (4 * requests * requests));
  const half = (Z * spread) / denominator;
  // At the ends the formula gives exactly 0 and 1; floating point almost.
  return {
    low: hits === 0 ? 0 : middle - half,
    high: hits === requests ? 1 : middle + half,
  };
}

/** The normal quantile that leaves 0.05% on either side. */
const Z = 3.290_526_731_491_926;

/** The half width, as a share: half of the smaller side, 5 points at most. */
function resolutionFor(wanted: number): number {
  const smaller = Math.min(wanted, 1 - wanted);
  return smaller === 0 ? 0.05 : Math.min(0.05, smaller / 2);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
