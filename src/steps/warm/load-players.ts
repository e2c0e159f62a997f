import type pg from 'pg';
import type { CachedProfile } from '../../store/cache.js';
import type { CardRow, FightCounts, OwnedCardRow, PlayerRow } from '../../store/rows.js';

/** What is remembered of players, loaded for hundreds of them at once. */
export interface LoadedPlayer {
  profile: CachedProfile;
  cards: OwnedCardRow[];
}

/** What cards show, by id: a few thousand, read once. */
export type Deck = ReadonlyMap<string, DeckCard>;

type DeckCard = Pick<CardRow, 'name' | 'rarity' | 'power' | 'speed' | 'iq' | 'popularity'>;

export async function loadDeck(client: pg.Client): Promise<Deck> {
  const { rows } = await client.query<TextOf<DeckCard> & { card_id: string }>(
    'SELECT card_id, name, rarity, power, speed, iq, popularity FROM cards',
  );
  return new Map(
    rows.map((row) => [
      row.card_id,
      {
        name: row.name,
        rarity: row.rarity,
        power: Number(row.power),
        speed: Number(row.speed),
        iq: Number(row.iq),
        popularity: Number(row.popularity),
      },
    ]),
  );
}

/**
 * Players with their cards and counts, of one moment. Left out are those who do not exist and those
 * with a card that is not in the deck: it may be newer.
 */
export async function loadPlayers(
  client: pg.Client,
  deck: Deck,
  userIds: readonly bigint[],
): Promise<LoadedPlayer[]> {
  const ids = [userIds.map(String)];
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const players = await client.query<TextOf<PlayerRow>>(PLAYERS, ids);
  const cards = await client.query<TextOf<Owned>>(OWNED_CARDS, ids);
  const counts = await client.query<TextOf<FightCounts> & { user_id: string }>(FIGHT_COUNTS, ids);
  await client.query('COMMIT');
  const cardsOf = byUser(cards.rows);
  const countsOf = new Map(counts.rows.map((row) => [row.user_id, row]));
  return players.rows.flatMap((row) => {
    const owned = cardsOf.get(row.user_id) ?? [];
    if (owned.some(({ card_id }) => !deck.has(card_id))) return [];
    return {
      profile: { player: playerOf(row), counts: fightCountsOf(countsOf.get(row.user_id)) },
      cards: owned.map((each) => ownedCardOf(each, deck.get(each.card_id) as DeckCard)),
    };
  });
}

type Owned = Pick<OwnedCardRow, 'id' | 'user_id' | 'card_id' | 'usage_count' | 'is_favorite'>;

/** A row as the server writes it; what may not be null in a row is not null here. */
type TextOf<Row> = {
  [Name in keyof Row]: null extends Row[Name] ? string | null : string;
};

const PLAYERS = `
SELECT user_id, username, first_name, hearts, lives, total_score,
       last_heart_reset, last_lives_reset, last_claim, created_at
FROM players WHERE user_id = ANY ($1::bigint[])
`;

const OWNED_CARDS = `
SELECT id, user_id, card_id, usage_count, is_favorite
FROM player_cards WHERE user_id = ANY ($1::bigint[])
`;

const FIGHT_COUNTS = `
SELECT user_id,
       count(*) FILTER (WHERE result = 'win') AS wins,
       count(*) FILTER (WHERE result = 'loss') AS losses,
       count(*) FILTER (WHERE result = 'tie') AS ties
FROM fight_history WHERE user_id = ANY ($1::bigint[]) GROUP BY user_id
`;

function byUser<Row extends { user_id: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const grouped = new Map<string, Row[]>();
  for (const row of rows) {
    const group = grouped.get(row.user_id);
    if (group === undefined) grouped.set(row.user_id, [row]);
    else group.push(row);
  }
  return grouped;
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

function ownedCardOf(row: TextOf<Owned>, card: DeckCard): OwnedCardRow {
  return {
    id: BigInt(row.id),
    user_id: BigInt(row.user_id),
    card_id: row.card_id,
    usage_count: whole(row.usage_count),
    is_favorite: flag(row.is_favorite),
    ...card,
  };
}

function fightCountsOf(row: TextOf<FightCounts> | undefined): FightCounts {
  return {
    wins: Number(row?.wins ?? 0),
    losses: Number(row?.losses ?? 0),
    ties: Number(row?.ties ?? 0),
  };
}

function whole(value: string | null): number | null {
  return value === null ? null : Number(value);
}

/** The column may have become a boolean or have stayed a number. */
function flag(value: string | null): boolean | null {
  return value === null ? null : value === 't' || value === '1';
}
