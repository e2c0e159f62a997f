import { type Counted, isCounted } from './proportion.js';

/** A Prometheus histogram: by upper bound, how many were at most that; with `Infinity`. */
export type Buckets = ReadonlyMap<number, number>;

export interface Histogram {
  /** Ascending, the last one `Infinity`. */
  edges: number[];
  /** Up to each edge. */
  counts: number[];
  total: number;
}

/** @returns null for buckets that make no sense: counts that fall, or none without a bound */
export function histogramOf(buckets: Buckets | null): Histogram | null {
  const sorted = [...(buckets ?? [])].sort(([one], [other]) => one - other);
  const edges = sorted.map(([edge]) => edge);
  const counts = sorted.map(([, atMost]) => atMost);
  const total = counts.at(-1);
  if (total === undefined || edges.at(-1) !== Infinity) return null;
  const isRising = counts.every((atMost, i) => isCounted({ hits: counts[i - 1] ?? 0, of: atMost }));
  return isRising ? { edges, counts, total } : null;
}

/**
 * The `q`-quantile as Prometheus's `histogram_quantile` has it: evenly spread within its bucket,
 * the lowest of which begins at 0; the highest finite bound for one above all of them.
 *
 * @returns null when nothing was observed
 */
export function quantile({ edges, counts, total }: Histogram, q: number): number | null {
  if (total === 0) return null;
  const rank = q * total;
  const i = counts.findIndex((atMost) => atMost >= rank);
  const upper = edges[i]!;
  if (upper === Infinity) return edges[i - 1] ?? null;
  const [lower, below] = i === 0 ? [Math.min(0, upper), 0] : [edges[i - 1]!, counts[i - 1]!];
  return lower + (upper - lower) * ((rank - below) / (counts[i]! - below));
}

/**
 * How many were above a limit. One that is no bound of a bucket leaves those in its bucket open.
 *
 * @returns how many at least, and how many at most
 */
export function above(
  { edges, counts, total }: Histogram,
  limit: number,
): { atLeast: Counted; atMost: Counted } {
  const surely = counts[edges.findIndex((edge) => edge >= limit)]!;
  const perhaps = counts[edges.findLastIndex((edge) => edge <= limit)] ?? 0;
  return {
    atLeast: { hits: total - surely, of: total },
    atMost: { hits: total - perhaps, of: total },
  };
}
