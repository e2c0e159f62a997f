import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, fightIdOf } from '../../../src/game/random.js';

const updateIds = fc.nat();

describe('draws', () => {
  it('are the same for the same update and purpose, wherever they are made', () => {
    const draw = () => {
      const random = createRandom(412_345_678, 'claim');
      return Array.from({ length: 8 }, () => random.below(1_000));
    };
    expect(draw()).toEqual([652, 868, 394, 486, 559, 239, 895, 667]);
    expect(draw()).toEqual(draw());
  });

  it('are the same for an update id as a number and as a bigint', () => {
    fc.assert(
      fc.property(updateIds, (id) => {
        const [a, b] = [createRandom(id, 'claim'), createRandom(BigInt(id), 'claim')];
        expect(a.below(2 ** 40)).toBe(b.below(2 ** 40));
      }),
    );
  });

  it('differ between updates, purposes and turns', () => {
    const first = (id: number, purpose: string) => createRandom(id, purpose).below(2 ** 48);
    const again = createRandom(1, 'a');
    const draws = [first(1, 'a'), first(2, 'a'), first(1, 'b'), first(11, ''), again];
    again.below(2);
    const all = [...draws.slice(0, 4), again.below(2 ** 48)];
    expect(new Set(all).size).toBe(all.length);
  });

  it('are whole numbers from 0 to one below the limit', () => {
    fc.assert(
      fc.property(updateIds, fc.integer({ min: 1, max: 2 ** 31 }), (id, limit) => {
        const number = createRandom(id, 'claim').below(limit);
        expect(Number.isInteger(number) && number >= 0 && number < limit).toBe(true);
      }),
    );
  });
});

describe('the id of a fight', () => {
  it('is a UUID of version 4, the same for the same update', () => {
    expect(fightIdOf(412_345_678)).toBe('cad3b02c-4d6f-48e9-b88d-a63fe458077a');
    fc.assert(
      fc.property(updateIds, (id) => {
        expect(fightIdOf(id)).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        expect(fightIdOf(BigInt(id))).toBe(fightIdOf(id));
      }),
    );
  });

  it('is another for every one of 20,000 updates in a row', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => fightIdOf(900_000_000 + i));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
