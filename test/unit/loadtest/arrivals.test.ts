import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { offsetsMs, runArrivals } from '../../../src/loadtest/arrivals.js';
import { createDice } from '../../../src/loadtest/dice.js';

const even = { ratePerSecond: 1_000, durationMs: 20, spacing: 'even' } as const;
const poisson = { ratePerSecond: 1_000, durationMs: 60_000, spacing: 'poisson' } as const;

describe('arrivals', () => {
  test('evenly spaced, there are exactly as many as rate and duration say', () => {
    expect([...offsetsMs({ ...even, ratePerSecond: 3, durationMs: 1_000 }, createDice(1))]).toEqual(
      [0, 1_000 / 3, 2_000 / 3],
    );
    expect([...offsetsMs({ ...even, durationMs: 60_000 }, createDice(1))]).toHaveLength(60_000);
  });

  test('at random, gaps vary and the mean rate is kept', () => {
    const offsets = [...offsetsMs(poisson, createDice(1))];
    const gaps = offsets.slice(1).map((offset, index) => offset - (offsets[index] ?? 0));
    // Poisson: 60,000 with a deviation of 245; a third of e of the gaps are above the mean.
    expect(Math.abs(offsets.length - 60_000)).toBeLessThan(1_000);
    const aboveMean = gaps.filter((gap) => gap > 1).length / gaps.length;
    expect(Math.abs(aboveMean - 1 / Math.E)).toBeLessThan(0.02);
  });

  test('at random, the same seed gives the same arrivals', () => {
    const seeded = (seed: number) => [
      ...offsetsMs({ ...poisson, durationMs: 50 }, createDice(seed)),
    ];
    expect(seeded(7)).toEqual(seeded(7));
    expect(seeded(7)).not.toEqual(seeded(8));
  });

  test('intended starts stay where they were due, however late the tool comes to them', async () => {
    const ms = [1_000, 1_000, 1_015, 1_015, 1_100];
    const clock = { ...systemClock, monotonicMs: () => ms.shift() ?? 2_000 };
    const batches: number[][] = [];
    await runArrivals({ ...even, ratePerSecond: 200 }, (dueMs) => void batches.push(dueMs), {
      clock,
      dice: createDice(1),
      signal: new AbortController().signal,
    });
    expect(batches).toEqual([[1_000], [1_005, 1_010, 1_015]]);
  });

  test('an abort ends them', async () => {
    const controller = new AbortController();
    const dueMs: number[] = [];
    await runArrivals(
      { ...even, durationMs: 3_600_000, ratePerSecond: 1 },
      (batch) => {
        dueMs.push(...batch);
        controller.abort();
      },
      { clock: systemClock, dice: createDice(1), signal: controller.signal },
    );
    expect(dueMs).toHaveLength(1);
  });
});
