import type pg from 'pg';
import type { EncodedPlayer } from '../../store/cached/bulk.js';
import { type deckEncoder, type OwnedColumns, profileCodec } from '../../store/cached/codec.js';
import type { DeckCard, FightCounts, PlayerRow } from '../../store/rows.js';

export type DeckEncoder = ReturnType<typeof deckEncoder>;

/** What cards show: a few thousand at most, read once. */
export async function loadDeck(client: pg.Client): Promise<DeckCard[]> {
  // For the groups of `OWNED_CARDS`, which would not fit in the usual 4 MB.
  await client.query("SET work_mem = '64MB'");
  const { rows } = await client.query<TextOf<DeckCard>>(
    'SELECT card_id, name, rarity, power, speed, iq, popularity FROM cards',
  );
  return rows.map(({ card_id, name, rarity, power, speed, iq, popularity }) => ({
    card_id,
    name,
    rarity,
    power: Number(power),
    speed: Number(speed),
    iq: Number(iq),
    popularity: Number(popularity),
  }));
}

/**
 * Players with their cards and counts, of one moment, as the cache holds them. Left out are those
 * who do not exist and those with a card that is not in the deck: it may be newer.
 */
export async function loadPlayers(
  client: pg.Client,
  encodeCards: DeckEncoder,
  userIds: readonly bigint[],
): Promise<EncodedPlayer[]> {
  const ids = [userIds.map(String)];
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const players = await client.query<TextOf<PlayerRow>>(PLAYERS, ids);
  const cards = await client.query<{ user_id: string; columns: string }>(OWNED_CARDS, ids);
  const counts = await client.query<TextOf<FightCounts> & { user_id: string }>(FIGHT_COUNTS, ids);
  await client.query('COMMIT');
  const cardsOf = new Map(cards.rows.map(({ user_id, columns }) => [user_id, columns]));
  const countsOf = new Map(counts.rows.map((row) => [row.user_id, row]));
  return players.rows.flatMap((row) => {
    const userId = BigInt(row.user_id);
    const encoded = encodeCards(userId, ownedCardsOf(cardsOf.get(row.user_id)));
    if (encoded === null) return [];
    const profile = {
      player: playerOf(row),
      counts: fightCountsOf(countsOf.get(row.user_id)),
    };
    return { userId, profile: profileCodec.encode(profile), cards: encoded };
  });
}

/** A row as the server writes it; what may not be null in a row is not null here. */
type TextOf<Row> = {
  [Name in keyof Row]: null extends Row[Name] ? string | null : string;
};

const PLAYERS = `
SELECT user_id, username, first_name, hearts, lives, total_score,
       last_heart_reset, last_lives_reset, last_claim, created_at
FROM players WHERE user_id = ANY ($1::bigint[])
`;

/** One row a player: a row of the protocol for each card would cost more than all else of it. */
const OWNED_CARDS = `
SELECT user_id, json_build_array(array_agg(id::text), array_agg(card_id::text),
                                 array_agg(usage_count::text), array_agg(is_favorite::text)) AS columns
FROM player_cards WHERE user_id = ANY ($1::bigint[]) GROUP BY user_id
`;

const FIGHT_COUNTS = `
SELECT user_id,
       count(*) FILTER (WHERE result = 'win') AS wins,
       count(*) FILTER (WHERE result = 'loss') AS losses,
       count(*) FILTER (WHERE result = 'tie') AS ties
FROM fight_history WHERE user_id = ANY ($1::bigint[]) GROUP BY user_id
`;

type Column<Value> = readonly Value[];

function ownedCardsOf(columns: string | undefined): OwnedColumns {
  if (columns === undefined) return { ids: [], cardIds: [], usageCounts: [], favorites: [] };
  const [ids, cardIds, usageCounts, favorites] = JSON.parse(columns) as [
    Column<string>,
    Column<string>,
    Column<string | null>,
    Column<string | null>,
  ];
  return { ids, cardIds, usageCounts: usageCounts.map(whole), favorites: favorites.map(flag) };
}

function playerOf(row: TextOf<PlayerRow>): PlayerRow {
  return {
    user_id: BigInt(row.user_id),
    username: row.username,
    first_name: row.first_name,
    hearts: whole(row.hearts),
    lives: whole(row.lives),
    total_score: whole(row.total_score),
    last_heart_reset: row.last_heart_reset,
    last_lives_reset: row.last_lives_reset,
    last_claim: row.last_claim,
    created_at: row.created_at,
  };
}

function fightCountsOf(row: TextOf<FightCounts> | undefined): FightCounts {
  return {
    wins: Number(row?.wins ?? 0),
    losses: Number(row?.losses ?? 0),
    ties: Number(row?.ties ?? 0),
  };
}

/** Null also for text that is no number, and for what JSON has no word for. */
function whole(value: string | null): number | null {
  const number = value === null ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : null;
}

/** The column may have become a boolean or have stayed a number. */
function flag(value: string | null): boolean | null {
  return value === null ? null : value === 'true' || value === '1';
}
