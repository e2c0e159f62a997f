import type { Executor } from '../executor.js';
import type { CardRow } from '../rows.js';
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

/** No id of a card holds it. */
const BETWEEN = '\n';

/** A row per rarity and not per card: a new player lacks thousands. */
export async function cardsNotOwned(
  db: Executor,
  userId: bigint,
): Promise<{ rarity: string; cardId: string }[]> {
  const rows = await db.run(
    `SELECT rarity, string_agg(id, $2 ORDER BY id) AS ids
       FROM (SELECT rarity, CAST(card_id AS text) AS id FROM cards
              WHERE NOT EXISTS (SELECT 1 FROM player_cards
                                 WHERE user_id = $1 AND player_cards.card_id = cards.card_id)
            ) AS not_owned
      GROUP BY rarity ORDER BY rarity`,
    [userId, BETWEEN],
  );
  return rows.flatMap((row) => {
    const rarity = textOf(row.rarity);
    return textOf(row.ids)
      .split(BETWEEN)
      .map((cardId) => ({ rarity, cardId }));
  });
}
