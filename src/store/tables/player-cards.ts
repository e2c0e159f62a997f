import type { Executor, Row } from '../executor.js';
import type { NewPlayerCard, OwnedCardRow } from '../rows.js';
import { flagOrNull, flagValue, idOf, numberOf, numberOrNull, textOf } from '../values.js';

const SELECT = `
  SELECT id, user_id, player_cards.card_id, usage_count, is_favorite,
         name, rarity, power, speed, iq, popularity
    FROM player_cards JOIN cards ON cards.card_id = player_cards.card_id`;

export async function findOwnedCards(db: Executor, userId: bigint): Promise<OwnedCardRow[]> {
  return (await db.run(`${SELECT} WHERE user_id = $1`, [userId])).map(ownedCardOf);
}

export async function findOwnedCard(
  db: Executor,
  playerCardId: bigint,
): Promise<OwnedCardRow | null> {
  const [row] = await db.run(`${SELECT} WHERE id = $1`, [playerCardId]);
  return row === undefined ? null : ownedCardOf(row);
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

function ownedCardOf(row: Row): OwnedCardRow {
  return {
    id: idOf(row.id),
    user_id: idOf(row.user_id),
    card_id: textOf(row.card_id),
    usage_count: numberOrNull(row.usage_count),
    is_favorite: flagOrNull(row.is_favorite),
    name: textOf(row.name),
    rarity: textOf(row.rarity),
    power: numberOf(row.power),
    speed: numberOf(row.speed),
    iq: numberOf(row.iq),
    popularity: numberOf(row.popularity),
  };
}
