import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CachedProfile } from '../../../src/store/cache.js';
import {
  cardsCodec,
  deckEncoder,
  decodeBoard,
  encodeBoardLine,
  type OwnedColumns,
  profileCodec,
} from '../../../src/store/cached/codec.js';
import type { LeaderboardRow, OwnedCardRow } from '../../../src/store/rows.js';

const id = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const whole = fc.maxSafeInteger();
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const text = fc.string({ unit: 'binary' });
const time = fc.oneof(text, whole, fc.double({ noNaN: true, noDefaultInfinity: true }), id).map(
  // JSON has no negative zero, and no clock shows it.
  (value) => (Object.is(value, -0) ? 0 : value),
);

const card: fc.Arbitrary<OwnedCardRow> = fc.record({
  id,
  user_id: id,
  card_id: text,
  usage_count: maybe(whole),
  is_favorite: maybe(fc.boolean()),
  name: text,
  rarity: text,
  power: whole,
  speed: whole,
  iq: whole,
  popularity: whole,
});

const profile: fc.Arbitrary<CachedProfile> = fc.record({
  player: fc.record({
    user_id: id,
    username: maybe(text),
    first_name: maybe(text),
    hearts: maybe(whole),
    lives: maybe(whole),
    total_score: maybe(whole),
    last_heart_reset: maybe(time),
    last_lives_reset: maybe(time),
    last_claim: maybe(time),
    created_at: time,
  }),
  counts: fc.record({ wins: whole, losses: whole, ties: whole }),
});

const line: fc.Arbitrary<LeaderboardRow> = fc.record({
  user_id: id,
  username: maybe(text),
  first_name: maybe(text),
  score: whole,
  cards: whole,
});

type Bare = Pick<OwnedCardRow, 'id' | 'card_id' | 'usage_count' | 'is_favorite'>;

function columnsOf(cards: readonly Bare[]): OwnedColumns {
  return {
    ids: cards.map((each) => `${each.id}`),
    cardIds: cards.map((each) => each.card_id),
    usageCounts: cards.map((each) => each.usage_count),
    favorites: cards.map((each) => each.is_favorite),
  };
}

describe('every value comes back as it was', () => {
  it('cards', () => {
    fc.assert(
      fc.property(fc.array(card), (cards) => {
        expect(cardsCodec.decode(cardsCodec.encode(cards))).toStrictEqual(plain(cards));
      }),
    );
  });

  it('cards by a deck', () => {
    const bare = fc.record({ id, usage_count: maybe(whole), is_favorite: maybe(fc.boolean()) });
    const cards = fc.uniqueArray(card, { selector: ({ card_id }) => card_id });
    fc.assert(
      fc.property(id, cards, fc.array(bare), (userId, deck, owned) => {
        const has = deck
          .slice(0, owned.length)
          .map(({ card_id }, i) => ({ ...owned[i]!, card_id }));
        const shown = deck.map(
          ({ id: _, user_id: __, usage_count: ___, is_favorite: ____, ...c }) => c,
        );
        const expected = has.map((each, i) => ({ ...deck[i]!, ...each, user_id: userId }));
        const encoded = deckEncoder(shown)(userId, columnsOf(has));
        expect(cardsCodec.decode(encoded ?? '')).toStrictEqual(plain(expected));
      }),
    );
  });

  it('but a player with a card that the deck lacks is left out', () => {
    const owned = { id: 1n, card_id: 'new', usage_count: 0, is_favorite: false };
    expect(deckEncoder([])(7n, columnsOf([]))).toBe('[]');
    expect(deckEncoder([])(7n, columnsOf([owned]))).toBeNull();
  });

  it('profiles', () => {
    fc.assert(
      fc.property(profile, (value) => {
        expect(profileCodec.decode(profileCodec.encode(value))).toStrictEqual(plain(value));
      }),
    );
  });

  it('leaderboards, whatever order their lines are read in', () => {
    fc.assert(
      fc.property(fc.array(line), (rows) => {
        const members = rows.map((row, place): [string, number] => [
          encodeBoardLine(row, place),
          row.score,
        ]);
        expect(decodeBoard(members.reverse())).toStrictEqual(plain(rows));
      }),
    );
  });
});

it('no value begins like a token', () => {
  fc.assert(
    fc.property(fc.array(card), profile, (cards, value) => {
      expect(cardsCodec.encode(cards)[0]).toBe('[');
      expect(profileCodec.encode(value)[0]).toBe('{');
    }),
  );
});

it.each([
  '',
  '?token',
  'null',
  '{}',
  '[{}]',
  '[{"id":"1"}]',
  '{"cards":[]}',
  '[{"id":1,"user_id":"2","card_id":"c","usage_count":0,"is_favorite":true,"name":"n","rarity":"epic","power":1,"speed":1,"iq":1,"popularity":1}]',
  '[{"id":"1.5","user_id":"2","card_id":"c","usage_count":0,"is_favorite":true,"name":"n","rarity":"epic","power":1,"speed":1,"iq":1,"popularity":1}]',
])('%s is nobody’s cards', (json) => {
  expect(cardsCodec.decode(json)).toBeNull();
});

it('text that a number looks like is not taken for a bigint, nor the other way round', () => {
  const value = (last_claim: string | number | bigint): CachedProfile => ({
    player: {
      user_id: 1n,
      username: null,
      first_name: null,
      hearts: 1,
      lives: 1,
      total_score: 1,
      last_heart_reset: null,
      last_lives_reset: null,
      last_claim,
      created_at: '2025-01-01T00:00:00',
    },
    counts: { wins: 0, losses: 0, ties: 0 },
  });
  const forms = ['1705813560', 1_705_813_560, 1_705_813_560n];
  expect(
    forms.map((form) => profileCodec.decode(profileCodec.encode(value(form)))?.player.last_claim),
  ).toStrictEqual(forms);
});

/** fast-check makes objects without a prototype now and then, and negative zeros. */
function plain<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(plain) as Value;
  if (typeof value !== 'object' || value === null) return (value === 0 ? 0 : value) as Value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, plain(each)]),
  ) as Value;
}
