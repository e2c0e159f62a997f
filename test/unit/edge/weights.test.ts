import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Stack } from '../../../src/edge/config.js';
import { weightsFor } from '../../../src/edge/weights.js';

function servers(legacy: number, fleet: number): { stack: Stack }[] {
  return [
    ...Array<{ stack: Stack }>(legacy).fill({ stack: 'legacy' }),
    ...Array<{ stack: Stack }>(fleet).fill({ stack: 'fleet' }),
  ];
}

function weights(legacy: number, fleet: number, percent: number) {
  return weightsFor(servers(legacy, fleet), percent).servers.map(({ weight }) => weight);
}

describe('the weights are over all servers together', () => {
  it.each([
    [1, 3, 10, [27, 1, 1, 1]],
    [1, 3, 25, [9, 1, 1, 1]],
    [1, 3, 50, [3, 1, 1, 1]],
    [1, 3, 75, [1, 1, 1, 1]],
    [1, 3, 90, [1, 3, 3, 3]],
    [2, 3, 50, [3, 3, 2, 2, 2]],
    [1, 1, 12.5, [7, 1]],
    [1, 3, 0.3, [997, 1, 1, 1]],
    [1, 3, 0, [1, 'down', 'down', 'down']],
    [1, 3, 100, ['down', 1, 1, 1]],
    [1, 0, 0, [1]],
    [0, 2, 100, [1, 1]],
  ])('%i legacy and %i fleet at %d%%: %j', (legacy, fleet, percent, wanted) => {
    expect(weights(legacy, fleet, percent)).toEqual(wanted);
  });

  it('tells the exact share of each server', () => {
    const { servers: shares, fleetPercent, deviationPoints } = weightsFor(servers(1, 3), 10);
    expect(shares.map(({ sharePercent }) => sharePercent)).toEqual([90, 10 / 3, 10 / 3, 10 / 3]);
    expect(shares.map((share) => share.deviationPoints)).toEqual([0, 0, 0, 0]);
    expect({ fleetPercent, deviationPoints }).toEqual({ fleetPercent: 10, deviationPoints: 0 });
  });

  it('comes as near as weights up to 1000 can, and tells how near', () => {
    const { servers: shares, fleetPercent, deviationPoints } = weightsFor(servers(1, 3), 0.1);
    expect(shares.map(({ weight }) => weight)).toEqual([1_000, 1, 1, 1]);
    expect(fleetPercent).toBeCloseTo(300 / 1_003, 12);
    expect(deviationPoints).toBeCloseTo(300 / 1_003 - 0.1, 12);
  });
});

describe('what makes no sense is refused', () => {
  it.each([-1, 100.1, 12.34, Number.NaN, Number.POSITIVE_INFINITY])('%d%%', (percent) => {
    expect(() => weights(1, 3, percent)).toThrow(`${percent} is no share of the traffic`);
  });

  it.each([
    [1, 0, 10, 'no fleet server'],
    [0, 3, 10, 'no legacy server'],
    [0, 3, 0, 'no legacy server'],
    [1, 0, 100, 'no fleet server'],
  ])('%i legacy and %i fleet at %d%%: %s', (legacy, fleet, percent, message) => {
    expect(() => weights(legacy, fleet, percent)).toThrow(message);
  });
});

describe('for any number of servers and any share', () => {
  const anything = fc.record({
    legacy: fc.integer({ min: 1, max: 12 }),
    fleet: fc.integer({ min: 1, max: 12 }),
    perMille: fc.integer({ min: 0, max: 1_000 }),
  });

  it('shares within a stack are equal, add up to 100, and no weights up to 60 come nearer', () => {
    fc.assert(
      fc.property(anything, ({ legacy, fleet, perMille }) => {
        const shares = weightsFor(servers(legacy, fleet), perMille / 10);
        for (const stack of ['legacy', 'fleet']) {
          const same = shares.servers.filter(({ server }) => server.stack === stack);
          expect(new Set(same.map(({ weight }) => weight)).size).toBe(1);
          expect(new Set(same.map(({ sharePercent }) => sharePercent)).size).toBe(1);
        }
        const sum = shares.servers.reduce((total, { sharePercent }) => total + sharePercent, 0);
        expect(sum).toBeCloseTo(100, 9);
        expect(shares.fleetPercent - shares.deviationPoints).toBeCloseTo(perMille / 10, 9);
        if (perMille === 0 || perMille === 1_000) expect(shares.deviationPoints).toBe(0);
        else expectNoneNearer(shares, legacy, fleet, perMille / 10);
      }),
      { numRuns: 300 },
    );
  });

  function expectNoneNearer(
    shares: ReturnType<typeof weightsFor>,
    legacy: number,
    fleet: number,
    percent: number,
  ): void {
    const numbers = shares.servers.map(({ weight }) => Number(weight));
    expect(numbers.every((weight) => weight >= 1 && weight <= 1_000)).toBe(true);
    const better: number[][] = [];
    for (let ofLegacy = 1; ofLegacy <= 60; ofLegacy++) {
      for (let ofFleet = 1; ofFleet <= 60; ofFleet++) {
        const share = (100 * ofFleet * fleet) / (ofFleet * fleet + ofLegacy * legacy);
        const gain = Math.abs(shares.deviationPoints) - Math.abs(share - percent);
        const isSmaller = ofLegacy < numbers[0]! && ofFleet < numbers.at(-1)!;
        // Nearer, or as near and smaller.
        if (gain > 1e-9 || (isSmaller && gain > -1e-9)) better.push([ofLegacy, ofFleet]);
      }
    }
    expect(better).toEqual([]);
  }
});
