import type { Deck } from '../deck.js';
import type { Executor, Row } from '../executor.js';
import type { NewPlayerCard, OwnedCardRow } from '../rows.js';
import { flagOrNull, flagValue, idOf, numberOrNull, textOf } from '../values.js';

/** With what their cards show; left out are those whose card is not there. */
export async function findOwnedCards(
  db: Executor,
  deck: Deck,
  userId: bigint,
): Promise<OwnedCardRow[]> {
  const rows = await db.run(
    `SELECT id, card_id, usage_count, is_favorite FROM player_cards WHERE user_id = $1`,
    [userId],
  );
  return onDeck(db, deck, userId, rows);
}

export async function findOwnedCard(
  db: Executor,
  deck: Deck,
  playerCardId: bigint,
): Promise<OwnedCardRow | null> {
  const rows = await db.run(
    `SELECT id, user_id, card_id, usage_count, is_favorite FROM player_cards WHERE id = $1`,
    [playerCardId],
  );
  const [owned] = await onDeck(db, deck, idOf(rows[0]?.user_id ?? 0), rows);
  return owned ?? null;
}

export async function cardsNotOwned(
  db: Executor,
  deck: Deck,
  userId: bigint,
): Promise<{ rarity: string; cardId: string }[]> {
  const [rows, cards] = await Promise.all([
    db.run('SELECT card_id FROM player_cards WHERE user_id = $1', [userId]),
    deck.all(db),
  ]);
  const owned = new Set(rows.map((row) => textOf(row.card_id)));
  return [...cards.values()]
    .filter((card) => !owned.has(card.card_id))
    .map((card) => ({ rarity: card.rarity, cardId: card.card_id }));
}

export async function addPlayerCard(db: Executor, card: NewPlayerCard): Promise<bigint | null> {
  const [row] = await db.run(
    `INSERT INTO player_cards (user_id, card_id, obtained_at, usage_count, is_favorite)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (user_id, card_id) DO NOTHING RETURNING id`,
    [card.user_id, card.card_id, card.obtained_at, card.usage_count, flagValue(card.is_favorite)],
  );
  return row === undefined ? null : idOf(row.id);
}

export function raiseUsage(db: Executor, userId: bigint, cardId: string): void {
  db.send(
    `UPDATE player_cards SET usage_count = COALESCE(usage_count, 0) + 1
      WHERE user_id = $1 AND card_id = $2`,
    [userId, cardId],
  );
}

async function onDeck(
  db: Executor,
  deck: Deck,
  userId: bigint,
  rows: readonly Row[],
): Promise<OwnedCardRow[]> {
  const cards = await deck.with(
    db,
    rows.map((row) => textOf(row.card_id)),
  );
  return rows.flatMap((row) => {
    const card = cards.get(textOf(row.card_id));
    if (card === undefined) return [];
    return {
      id: idOf(row.id),
      user_id: userId,
      usage_count: numberOrNull(row.usage_count),
      is_favorite: flagOrNull(row.is_favorite),
      ...card,
    };
  });
}
