import type { Counted } from '../proportion.js';
import { METRICS, type Sample } from './sample.js';

/** What gates are judged by, as added up over the bots of a stack. */
export interface Totals {
  /** Updates that were answered with an error, of all that were asked for something. */
  errors: Counted;
  /** Values that the cache had, of all asked of it. */
  cacheHits: Counted;
  /** By upper bound in seconds. */
  updateSeconds: Map<number, number>;
  updateAgeSeconds: Map<number, number>;
}

/** What of an update comes back: Telegram delivers it again. */
const FAILED: ReadonlySet<string> = new Set(['held', 'unavailable', 'failed']);

export function totalsOf(samples: readonly Sample[]): Totals {
  const updates = named(samples, METRICS.updates).filter(
    ({ labels }) => labels.outcome !== 'ignored',
  );
  const cache = named(samples, METRICS.cacheRequests);
  return {
    errors: {
      hits: sum(updates.filter(({ labels }) => FAILED.has(labels.outcome ?? ''))),
      of: sum(updates),
    },
    cacheHits: { hits: sum(cache.filter(({ labels }) => labels.result === 'hit')), of: sum(cache) },
    updateSeconds: buckets(named(samples, METRICS.updateSeconds)),
    updateAgeSeconds: buckets(named(samples, METRICS.updateAgeSeconds)),
  };
}

function named(samples: readonly Sample[], wanted: string): Sample[] {
  return samples.filter(({ name }) => name === wanted);
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}

function buckets(samples: readonly Sample[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const { labels, value } of samples) {
    const edge = labels.le === '+Inf' ? Infinity : Number(labels.le);
    found.set(edge, (found.get(edge) ?? 0) + value);
  }
  return found;
}
