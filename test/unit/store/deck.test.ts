import { expect, test } from 'vitest';
import { createDeck } from '../../../src/store/deck.js';
import type { Executor } from '../../../src/store/executor.js';
import { POSTGRES_DIALECT } from '../../../src/store/postgres/dialect.js';

function open(rows: { card_id: string; rarity: string }[]) {
  const clock = { ms: 0, now: () => new Date(0), monotonicMs: () => clock.ms };
  const asked = { times: 0 };
  const db: Executor = {
    dialect: POSTGRES_DIALECT,
    run: async () => {
      asked.times += 1;
      return rows.map((row) => ({ ...row, name: 'موش', power: 1, speed: 2, iq: 3, popularity: 4 }));
    },
    send: () => undefined,
  };
  return { deck: createDeck(clock), db, clock, asked };
}

test('cards come by rarity and then by id, by byte, whatever order the database has', async () => {
  const { deck, db } = open([
    { card_id: 'b', rarity: 'normal' },
    { card_id: 'é', rarity: 'epic' },
    { card_id: 'a', rarity: 'normal' },
    { card_id: 'z', rarity: 'epic' },
    { card_id: 'B', rarity: 'normal' },
  ]);
  expect([...(await deck.all(db)).keys()]).toStrictEqual(['z', 'é', 'B', 'a', 'b']);
});

test('the deck is read once in ten seconds', async () => {
  const { deck, db, clock, asked } = open([{ card_id: 'a', rarity: 'normal' }]);
  await deck.all(db);
  clock.ms = 9_999;
  await deck.with(db, ['a']);
  expect(asked.times).toBe(1);
  clock.ms = 10_000;
  await deck.all(db);
  expect(asked.times).toBe(2);
});

test('a card that is not in it has it read anew', async () => {
  const rows = [{ card_id: 'a', rarity: 'normal' }];
  const { deck, db, asked } = open(rows);
  await deck.all(db);
  rows.push({ card_id: 'new', rarity: 'legend' });
  expect([...(await deck.with(db, ['a', 'new'])).keys()]).toStrictEqual(['new', 'a']);
  expect(asked.times).toBe(2);
});
