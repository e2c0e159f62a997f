import { z } from 'zod';
import type { CachedProfile } from '../cache.js';
import type { DeckCard, LeaderboardRow, OwnedCardRow, StoredTime } from '../rows.js';

/** Values as Redis holds them: JSON with the columns' names, and ids as strings. */
export interface Codec<Value> {
  encode(value: Value): string;
  /** Null for what is no such value, whoever wrote it. */
  decode(text: string): Value | null;
}

const id = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const count = z.number();
const text = z.string().nullable();

const cards = z.array(
  z.object({
    id,
    user_id: id,
    card_id: z.string(),
    usage_count: z.number().nullable(),
    is_favorite: z.boolean().nullable(),
    name: z.string(),
    rarity: z.string(),
    power: z.number(),
    speed: z.number(),
    iq: z.number(),
    popularity: z.number(),
  }),
);

/** A bigint is `{ "unix": "…" }`, to be told from text that is a number. */
const time = z.union([
  z.string(),
  z.number(),
  z.object({ unix: id }).transform(({ unix }): StoredTime => unix),
]);

const profile = z.object({
  player: z.object({
    user_id: id,
    username: text,
    first_name: text,
    hearts: z.number().nullable(),
    lives: z.number().nullable(),
    total_score: z.number().nullable(),
    last_heart_reset: time.nullable(),
    last_lives_reset: time.nullable(),
    last_claim: time.nullable(),
    created_at: time,
  }),
  counts: z.object({ wins: count, losses: count, ties: count }),
});

const boardLine = z.object({
  place: count,
  user_id: id,
  username: text,
  first_name: text,
  cards: count,
});

export const cardsCodec: Codec<OwnedCardRow[]> = {
  encode: (rows) =>
    JSON.stringify(rows.map((row) => ({ ...row, id: `${row.id}`, user_id: `${row.user_id}` }))),
  decode: (json) => decodeAs(cards, json),
};

/** The cards of one player by column, in one order; ids as text. */
export interface OwnedColumns {
  ids: readonly string[];
  cardIds: readonly string[];
  usageCounts: readonly (number | null)[];
  favorites: readonly (boolean | null)[];
}

/**
 * As `cardsCodec`, for the cards of very many players: what a card shows is made into JSON once, and
 * nothing is made per card but its text. Null for a player with a card that is not in the deck.
 */
export function deckEncoder(
  deck: readonly DeckCard[],
): (userId: bigint, owned: OwnedColumns) => string | null {
  const shown = new Map(deck.map((card) => [card.card_id, JSON.stringify(card).slice(1)]));
  return (userId, { ids, cardIds, usageCounts, favorites }) => {
    let json = '[';
    for (let i = 0; i < ids.length; i += 1) {
      const rest = shown.get(cardIds[i] as string);
      if (rest === undefined) return null;
      const comma = i === 0 ? '' : ',';
      json += `${comma}{"id":"${ids[i]}","user_id":"${userId}","usage_count":${usageCounts[i]},"is_favorite":${favorites[i]},${rest}`;
    }
    return `${json}]`;
  };
}

export const profileCodec: Codec<CachedProfile> = {
  encode: ({ player, counts }) =>
    JSON.stringify({
      player: {
        ...player,
        user_id: `${player.user_id}`,
        last_heart_reset: timeForJson(player.last_heart_reset),
        last_lives_reset: timeForJson(player.last_lives_reset),
        last_claim: timeForJson(player.last_claim),
        created_at: timeForJson(player.created_at),
      },
      counts,
    }),
  decode: (json) => decodeAs(profile, json),
};

/** A member of a leaderboard's sorted set: all but the score, with the place among equals. */
export function encodeBoardLine({ score: _, ...row }: LeaderboardRow, place: number): string {
  return JSON.stringify({ place, ...row, user_id: `${row.user_id}` });
}

/** Rows from members and scores in any order; null when one is no line of a leaderboard. */
export function decodeBoard(members: readonly [string, number][]): LeaderboardRow[] | null {
  const lines = members.map(([member, score]) => {
    const line = decodeAs(boardLine, member);
    return line === null ? null : { ...line, score };
  });
  if (lines.some((line) => line === null || Number.isNaN(line.score))) return null;
  return lines
    .filter((line) => line !== null)
    .sort((a, b) => a.place - b.place)
    .map(({ place: _, ...row }) => row);
}

function timeForJson(value: StoredTime | null): string | number | null | { unix: string } {
  return typeof value === 'bigint' ? { unix: `${value}` } : value;
}

function decodeAs<Value>(schema: z.ZodType<Value>, json: string): Value | null {
  try {
    return schema.safeParse(JSON.parse(json)).data ?? null;
  } catch {
    return null;
  }
}
