import type { Executor } from '../executor.js';
import type { CardRow, DeckCard } from '../rows.js';
import { numberOf, textOf, textOrNull, timeOf } from '../values.js';

export async function findCard(db: Executor, cardId: string): Promise<CardRow | null> {
  const [row] = await db.run(
    `SELECT card_id, name, rarity, power, speed, iq, popularity, abilities, dialogs, biography,
            image_path, created_at
       FROM cards WHERE card_id = $1`,
    [cardId],
  );
  if (row === undefined) return null;
  return {
    card_id: textOf(row.card_id),
    name: textOf(row.name),
    rarity: textOf(row.rarity),
    power: numberOf(row.power),
    speed: numberOf(row.speed),
    iq: numberOf(row.iq),
    popularity: numberOf(row.popularity),
    abilities: textOf(row.abilities),
    dialogs: textOrNull(row.dialogs),
    biography: textOrNull(row.biography),
    image_path: textOrNull(row.image_path),
    created_at: timeOf(row.created_at),
  };
}

export async function findDeckCards(db: Executor): Promise<DeckCard[]> {
  const rows = await db.run(
    'SELECT card_id, name, rarity, power, speed, iq, popularity FROM cards',
  );
  return rows.map((row) => ({
    card_id: textOf(row.card_id),
    name: textOf(row.name),
    rarity: textOf(row.rarity),
    power: numberOf(row.power),
    speed: numberOf(row.speed),
    iq: numberOf(row.iq),
    popularity: numberOf(row.popularity),
  }));
}
