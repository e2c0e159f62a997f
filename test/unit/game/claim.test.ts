import { describe, expect, it } from 'vitest';
import { claimCard, claimRemainingMs } from '../../../src/game/claim.js';
import { createRandom } from '../../../src/game/random.js';
import { HOUR_MS, later, NOW, NOW_TEXT, player } from './support.js';

const ALL = { normal: ['n1', 'n2', 'n3'], epic: ['e1', 'e2'], legend: ['l1'] };
const NONE = { normal: [], epic: [], legend: [] };

/** Draws what it is told, one number after the other. */
function drawing(...numbers: number[]) {
  return { below: () => numbers.shift()! };
}

function claim(
  notOwned: typeof ALL,
  random = createRandom(1, 'claim'),
  last: string | null = null,
) {
  return claimCard({ player: player({ last_claim: last }), notOwned, random, now: NOW });
}

/** How often each card comes up for updates in a row. */
function tally(notOwned: typeof ALL, updates: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let id = 0; id < updates; id += 1) {
    const verdict = claim(notOwned, createRandom(700_000_000 + id, 'claim'));
    const cardId = verdict.allowed ? verdict.playerCard.card_id : verdict.refusal.reason;
    counts[cardId] = (counts[cardId] ?? 0) + 1;
  }
  return counts;
}

describe('a claim', () => {
  it('stores the card and the time', () => {
    expect(claim({ ...NONE, epic: ['e1'] })).toEqual({
      allowed: true,
      rarity: 'epic',
      playerCard: {
        user_id: 101n,
        card_id: 'e1',
        obtained_at: NOW_TEXT,
        usage_count: 0,
        is_favorite: false,
      },
      player: { last_claim: NOW_TEXT },
    });
  });

  it('gives the same card for the same update', () => {
    expect(claim(ALL, createRandom(5, 'claim'))).toEqual(claim(ALL, createRandom(5n, 'claim')));
  });

  it.each([
    ['2025-10-10T12:00:00', true],
    ['2025-10-10T12:00:00.001000', false],
    ['1760085000', true],
    ['2025-10-10T08:30:01Z', false],
    [null, true],
    ['never', true],
  ])('after one at %s is allowed at noon of the 11th: %s', (last, allowed) => {
    expect(claim(ALL, undefined, last).allowed).toBe(allowed);
  });

  it('too soon is refused with the time that remains, though no card is left', () => {
    expect(claim(NONE, undefined, '2025-10-11T11:00:00.250000')).toEqual({
      allowed: false,
      refusal: { reason: 'claimTooSoon', remainingMs: 23 * HOUR_MS + 250 },
    });
    const { last_claim } = player({ last_claim: NOW_TEXT });
    expect(claimRemainingMs({ last_claim }, later(24 * HOUR_MS - 1))).toBe(1);
    expect(claimRemainingMs({ last_claim }, later(24 * HOUR_MS))).toBe(0);
  });

  it('is refused when the player has every card', () => {
    expect(claim(NONE)).toEqual({ allowed: false, refusal: { reason: 'everyCardOwned' } });
  });
});

describe('the rarity', () => {
  it('is drawn by weight: 65 normal, 25 epic, 10 legend', () => {
    const drawn = Array.from({ length: 100 }, (_, draw) => {
      const verdict = claim(ALL, drawing(draw, 0));
      return verdict.allowed && verdict.rarity;
    });
    expect(drawn).toEqual([
      ...Array<string>(65).fill('normal'),
      ...Array<string>(25).fill('epic'),
      ...Array<string>(10).fill('legend'),
    ]);
  });

  it('is drawn again, by the weights of those that are left, when none of it is left', () => {
    const notOwned = { ...ALL, normal: [] };
    const drawn = Array.from({ length: 35 }, (_, draw) => {
      const verdict = claim(notOwned, drawing(0, draw, 0));
      return verdict.allowed && verdict.rarity;
    });
    expect(drawn).toEqual([...Array<string>(25).fill('epic'), ...Array<string>(10).fill('legend')]);
  });

  it('keeps its share when another rarity is used up', () => {
    const verdict = claim({ ...ALL, normal: [] }, drawing(95, 0));
    expect(verdict.allowed && verdict.rarity).toBe('legend');
  });
});

describe('over 20,000 updates in a row', () => {
  it('each card comes up as often as its rarity and its place among it say, within a tenth', () => {
    const counts = tally(ALL, 20_000);
    const share = { n1: 65 / 3, n2: 65 / 3, n3: 65 / 3, e1: 12.5, e2: 12.5, l1: 10 };
    expect(Object.keys(counts).sort()).toEqual(Object.keys(share).sort());
    for (const [cardId, percent] of Object.entries(share)) {
      const expected = 200 * percent;
      expect(Math.abs(counts[cardId]! - expected), cardId).toBeLessThan(expected / 10);
    }
  });

  it('a rarity that is used up never comes up, and nothing is refused', () => {
    const counts = tally({ ...NONE, normal: ['n1'], legend: ['l1'] } as typeof ALL, 20_000);
    expect(Object.keys(counts).sort()).toEqual(['l1', 'n1']);
    // Of the 25 that would be epic, 10 in 75 are legends.
    const legends = 200 * (10 + (25 * 10) / 75);
    expect(Math.abs(counts.l1! - legends)).toBeLessThan(legends / 10);
  });
});
