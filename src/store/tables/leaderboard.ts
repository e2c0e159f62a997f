import type { Executor, Row, Value } from '../executor.js';
import type { Since } from '../reads.js';
import type { LeaderboardRow } from '../rows.js';
import { idOf, numberOf, textOf, textOrNull } from '../values.js';

/** What `fight_history.fought_at` is in a database, e.g. `text` or `timestamp without time zone`. */
export type FoughtAtType = string;

export async function leaderboard(
  db: Executor,
  since: { moment: Since; type: FoughtAtType } | null,
  limit: number,
): Promise<LeaderboardRow[]> {
  const rows = since === null ? await ofAllTime(db, limit) : await ofWindow(db, since, limit);
  return rows.map((row) => ({
    user_id: idOf(row.user_id),
    username: textOrNull(row.username),
    first_name: textOrNull(row.first_name),
    score: numberOf(row.score),
    cards: numberOf(row.cards),
  }));
}

/** SQLite's columns hold what they hold, which is text here whatever was declared. */
export async function findFoughtAtType(db: Executor): Promise<FoughtAtType> {
  if (db.dialect.kind === 'sqlite') return 'text';
  const [row] = await db.run(
    `SELECT format_type(atttypid, NULL) AS type FROM pg_attribute
      WHERE attrelid = to_regclass('fight_history') AND attname = 'fought_at'`,
  );
  return textOf(row?.type);
}

export async function rankOfScore(db: Executor, score: number): Promise<number> {
  const sql = 'SELECT count(*) + 1 AS place FROM players WHERE total_score > $1';
  const [row] = await db.run(sql, [score]);
  return numberOf(row?.place);
}

const CARDS = '(SELECT count(*) FROM player_cards WHERE player_cards.user_id = best.user_id)';

function ofAllTime(db: Executor, limit: number): Promise<Row[]> {
  return db.run(
    `SELECT user_id, username, first_name, COALESCE(total_score, 0) AS score, ${CARDS} AS cards
       FROM (SELECT user_id, username, first_name, total_score FROM players
              ORDER BY total_score DESC NULLS LAST, user_id LIMIT $1) AS best
      ORDER BY total_score DESC NULLS LAST, user_id`,
    [limit],
  );
}

function ofWindow(
  db: Executor,
  { moment, type }: { moment: Since; type: FoughtAtType },
  limit: number,
): Promise<Row[]> {
  const { sql, values } = foughtSince(type, moment);
  // SQLite would go through the whole history player by player, for seconds: the plus keeps it from
  // that index, so that it takes the one of times. Source: The SQLite Query Optimizer Overview,
  // "Disqualifying WHERE Clause Terms Using Unary +".
  const player = db.dialect.kind === 'sqlite' ? '+user_id' : 'user_id';
  return db.run(
    `SELECT best.user_id, username, first_name, score, ${CARDS} AS cards
       FROM (SELECT user_id, CAST(sum(COALESCE(score_gained, 0)) AS bigint) AS score
               FROM fight_history WHERE ${player} IN (SELECT user_id FROM players) AND (${sql})
              GROUP BY ${player} ORDER BY score DESC, user_id LIMIT $1) AS best
       JOIN players ON players.user_id = best.user_id
      ORDER BY score DESC, best.user_id`,
    [limit, ...values],
  );
}

/**
 * Texts are of several forms, which sort apart: Unix times begin with a 1 (until 2033), the years of
 * ISO times with a 2. The index finds the days; what is of the first day is looked at more closely,
 * as `Z` is another clock and a space sorts before a `T`.
 */
function foughtSince(type: FoughtAtType, { iso, unixS }: Since): { sql: string; values: Value[] } {
  if (type.startsWith('timestamp without')) return { sql: 'fought_at >= $2', values: [iso] };
  if (type !== 'text') return { sql: 'fought_at >= $2', values: [unixS] };
  const utc = new Date(unixS * 1_000).toISOString().slice(0, 19);
  const firstDay = (iso < utc ? iso : utc).slice(0, 10);
  return {
    sql: `fought_at >= $2 AND replace(fought_at, ' ', 'T')
            >= CASE WHEN fought_at LIKE '%Z' THEN $3 ELSE $4 END
          OR fought_at >= $5 AND fought_at <= '1999999999'`,
    values: [firstDay, utc, iso, String(unixS)],
  };
}
