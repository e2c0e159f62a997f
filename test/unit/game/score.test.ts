import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RARITIES, rankOf, rarityOf } from '../../../src/game/rarity.js';
import { outcomeOf } from '../../../src/game/score.js';

describe('the winner gains and the loser loses by their rarities', () => {
  it.each([
    ['normal', 'normal', 10, 1],
    ['normal', 'epic', 15, 2],
    ['normal', 'legend', 20, 3],
    ['epic', 'normal', 7, 0],
    ['epic', 'epic', 10, 1],
    ['epic', 'legend', 15, 2],
    ['legend', 'normal', 5, 0],
    ['legend', 'epic', 7, 0],
    ['legend', 'legend', 10, 1],
  ] as const)('%s beats %s: %i and %i', (winner, loser, score, hearts) => {
    const won = { result: 'win', scoreGained: score, heartsLost: 0 };
    expect(outcomeOf('win', winner, loser)).toEqual(won);
    const lost = { result: 'loss', scoreGained: 0, heartsLost: hearts };
    expect(outcomeOf('loss', loser, winner)).toEqual(lost);
  });
});

describe('a tie', () => {
  it.each([
    ['normal', 'normal', 0, 0],
    ['normal', 'epic', 3, 0],
    ['normal', 'legend', 5, 0],
    ['epic', 'normal', 0, 0],
    ['epic', 'epic', 0, 0],
    ['epic', 'legend', 3, 0],
    ['legend', 'normal', 0, 1],
    ['legend', 'epic', 0, 0],
    ['legend', 'legend', 0, 0],
  ] as const)('of %s with %s gains %i and loses %i', (mine, theirs, scoreGained, heartsLost) => {
    expect(outcomeOf('tie', mine, theirs)).toEqual({ result: 'tie', scoreGained, heartsLost });
  });
});

const rarities = fc.constantFrom(...RARITIES);

describe('whatever the rarities', () => {
  it('a win costs nothing and brings something, a loss brings nothing', () => {
    fc.assert(
      fc.property(rarities, rarities, (mine, theirs) => {
        expect(outcomeOf('win', mine, theirs).heartsLost).toBe(0);
        expect(outcomeOf('win', mine, theirs).scoreGained).toBeGreaterThan(0);
        expect(outcomeOf('loss', mine, theirs).scoreGained).toBe(0);
      }),
    );
  });

  it('a stronger card gains less by a win and loses more by a loss, or the same', () => {
    fc.assert(
      fc.property(rarities, rarities, rarities, (a, b, theirs) => {
        const [weak, strong] = rankOf(a) <= rankOf(b) ? [a, b] : [b, a];
        const gained = (mine: typeof weak) => outcomeOf('win', mine, theirs).scoreGained;
        const lost = (mine: typeof weak) => outcomeOf('loss', mine, theirs).heartsLost;
        expect(gained(strong)).toBeLessThanOrEqual(gained(weak));
        expect(lost(strong)).toBeGreaterThanOrEqual(lost(weak));
      }),
    );
  });

  it('at most one of two that tie gains, and it is the weaker one', () => {
    fc.assert(
      fc.property(rarities, rarities, (a, b) => {
        const [one, other] = [outcomeOf('tie', a, b), outcomeOf('tie', b, a)];
        expect(one.scoreGained > 0).toBe(rankOf(a) < rankOf(b));
        expect(one.scoreGained * other.scoreGained).toBe(0);
      }),
    );
  });
});

it('a rarity that nobody knows counts as normal', () => {
  expect(['legend', 'epic', 'normal', 'mythic', ''].map((rarity) => rarityOf({ rarity }))).toEqual([
    'legend',
    'epic',
    'normal',
    'normal',
    'normal',
  ]);
});
