import fc from 'fast-check';
import { expect, it } from 'vitest';
import { increasedBy, noIncrease } from '../../../src/steps/gate/sources/increase.js';
import type { Sample, Scrape } from '../../../src/steps/gate/sources/sample.js';
import { totalsOf } from '../../../src/steps/gate/sources/totals.js';

const updates = (outcome: string, value: number): Sample => ({
  name: 'cardbot_updates_total',
  labels: { kind: 'claim', outcome, stack: 'fleet' },
  value,
});
const startedAt = (value: number): Sample => ({
  name: 'process_start_time_seconds',
  labels: { stack: 'fleet' },
  value,
});

function scrape(instances: Record<string, Sample[]>): Scrape {
  return { instances: new Map(Object.entries(instances)), problems: [] };
}

function errorsOver(...scrapes: Scrape[]) {
  const [first, ...rest] = scrapes as [Scrape, ...Scrape[]];
  const { rises } = rest.reduce(increasedBy, noIncrease(first));
  return totalsOf([...rises.values()]).errors;
}

it('what was counted before is not counted, and bots are added up', () => {
  const errors = errorsOver(
    scrape({ a: [updates('applied', 1_000), updates('failed', 7)], b: [updates('applied', 50)] }),
    scrape({ a: [updates('applied', 1_100), updates('failed', 9)], b: [updates('applied', 80)] }),
  );
  expect(errors).toEqual({ hits: 2, of: 132 });
});

it('a counter that fell began again from zero', () => {
  const errors = errorsOver(
    scrape({ a: [updates('applied', 1_000)] }),
    scrape({ a: [updates('applied', 1_010)] }),
    scrape({ a: [updates('applied', 30)] }),
    scrape({ a: [updates('applied', 35)] }),
  );
  expect(errors).toEqual({ hits: 0, of: 45 });
});

it('a process that started again counts from zero, even where it has overtaken itself', () => {
  const errors = errorsOver(
    scrape({ a: [startedAt(100), updates('applied', 10), updates('failed', 5)] }),
    scrape({ a: [startedAt(200), updates('applied', 40), updates('failed', 5)] }),
  );
  expect(errors).toEqual({ hits: 5, of: 45 });
});

it('a counter that is first told of counts from zero, a bot from when it is first read', () => {
  const errors = errorsOver(
    scrape({ a: [updates('applied', 10)] }),
    scrape({ a: [updates('applied', 10), updates('failed', 3)], b: [updates('applied', 900)] }),
    scrape({ a: [updates('applied', 10), updates('failed', 3)], b: [updates('applied', 904)] }),
  );
  expect(errors).toEqual({ hits: 3, of: 7 });
});

it('a bot that could not be read for a while is counted over the gap', () => {
  const errors = errorsOver(
    scrape({ a: [updates('applied', 10)] }),
    scrape({}),
    scrape({ a: [updates('applied', 25)] }),
  );
  expect(errors).toEqual({ hits: 0, of: 15 });
});

it('the errors are what Telegram delivers again; what was ignored is no request', () => {
  const before = ['applied', 'repeated', 'read', 'forwarded', 'held', 'unavailable', 'failed'];
  const all = (value: number) => [...before, 'ignored'].map((each) => updates(each, value));
  expect(errorsOver(scrape({ a: all(0) }), scrape({ a: all(10) }))).toEqual({ hits: 30, of: 70 });
});

it('NaN stays NaN', () => {
  const errors = errorsOver(
    scrape({ a: [updates('failed', 1)] }),
    scrape({ a: [updates('failed', Number.NaN)] }),
  );
  expect(errors).toEqual({ hits: Number.NaN, of: Number.NaN });
});

it('over any history, restarts included, it is what was counted in all', () => {
  // Each life of the process counts up in steps; every step is scraped.
  const lives = fc.array(fc.array(fc.nat(50), { minLength: 1, maxLength: 6 }), { minLength: 1 });
  fc.assert(
    fc.property(lives, (steps) => {
      const scrapes = steps.flatMap((life, i) => {
        let value = 0;
        return life.map((rise) => {
          value += rise;
          return scrape({ a: [startedAt(i), updates('applied', value)] });
        });
      });
      const counted = steps.flat().reduce((sum, rise) => sum + rise, 0) - (steps[0]?.[0] ?? 0);
      expect(errorsOver(...scrapes).of).toBe(counted);
    }),
  );
});
