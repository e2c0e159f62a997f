import type { Clock } from '../lib/clock.js';
import type { Executor } from './executor.js';
import type { DeckCard } from './rows.js';
import { findDeckCards } from './tables/cards.js';

/**
 * All cards there are: some hundreds, which the owner of the game changes now and then. To join
 * them to what each player has is most of what the database does for the game, so they are kept.
 */
export interface Deck {
  /** By id; sorted by rarity and then by id, by byte. */
  all(db: Executor): Promise<ReadonlyMap<string, DeckCard>>;
  /** The same, read anew where one of these is not among them. */
  with(db: Executor, cardIds: readonly string[]): Promise<ReadonlyMap<string, DeckCard>>;
}

/** So old may what is shown of a card be. What decides a fight is read in its own transaction. */
const KEPT_MS = 10_000;

export function createDeck(clock: Clock): Deck {
  let cards: ReadonlyMap<string, DeckCard> = new Map();
  let readAtMs = Number.NEGATIVE_INFINITY;

  const read = async (db: Executor) => {
    const atMs = clock.monotonicMs();
    const found = await findDeckCards(db);
    found.sort(byRarityThenId);
    cards = new Map(found.map((card) => [card.card_id, card]));
    readAtMs = atMs;
    return cards;
  };
  const all = async (db: Executor) =>
    clock.monotonicMs() - readAtMs < KEPT_MS ? cards : await read(db);

  return {
    all,
    with: async (db, cardIds) => {
      const kept = await all(db);
      return cardIds.every((cardId) => kept.has(cardId)) ? kept : read(db);
    },
  };
}

function byRarityThenId(one: DeckCard, other: DeckCard): number {
  if (one.rarity !== other.rarity) return one.rarity < other.rarity ? -1 : 1;
  return Buffer.compare(Buffer.from(one.card_id), Buffer.from(other.card_id));
}
