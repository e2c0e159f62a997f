import { METRICS, type Sample, type Scrape } from './sample.js';

/** How far the counters of some instances rose since they were first read. */
export interface Increase {
  /** The last reading of each instance that was ever read. */
  readonly last: ReadonlyMap<string, readonly Sample[]>;
  /** By name and labels, summed over instances. */
  readonly rises: ReadonlyMap<string, Sample>;
}

export function noIncrease({ instances }: Scrape): Increase {
  return { last: instances, rises: new Map() };
}

/**
 * Adds what came since the reading before. A counter that fell began again from zero, as for
 * Prometheus's `rate()`; so did all counters of a process that started again, whatever they show.
 * An instance that is read for the first time adds nothing: nobody knows since when it counts.
 */
export function increasedBy({ last, rises }: Increase, { instances }: Scrape): Increase {
  const sums = new Map(rises);
  for (const [instance, samples] of instances) {
    const before = last.get(instance);
    if (before === undefined) continue;
    const isSameProcess = startOf(before) === startOf(samples);
    const values = new Map(isSameProcess ? before.map((each) => [keyOf(each), each.value]) : []);
    for (const sample of samples) {
      const key = keyOf(sample);
      // A counter with labels is first told of when it first counts.
      const then = values.get(key) ?? 0;
      const rise = sample.value < then ? sample.value : sample.value - then;
      sums.set(key, { ...sample, value: (sums.get(key)?.value ?? 0) + rise });
    }
  }
  return { last: new Map([...last, ...instances]), rises: sums };
}

function startOf(samples: readonly Sample[]): number | undefined {
  return samples.find(({ name }) => name === METRICS.startTime)?.value;
}

function keyOf({ name, labels }: Sample): string {
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([name, ...sorted]);
}
