import type pg from 'pg';
import type { Target } from '../../drivers/postgres.js';
import { instantOf } from '../../snapshot/take/instant.js';

export interface RecentPlayersQuery {
  /** How long before the newest time in the data still counts, days. */
  activeDays: number;
  playersMax: number;
  /** Times more than a day later are a wrong clock's, and are left aside. */
  now: Date;
}

const DAY_MS = 24 * 3_600_000;

/**
 * Ids of the players who did something lately, the latest first; those at the same second by rising
 * id. The window ends at the newest time in the data, so a copy that is a month old has players too.
 *
 * Times are compared as clocks show them: a text that names its zone is taken for a clock without
 * one, and a Unix time for what UTC's clock shows. So the order is right to within the bot's offset
 * from UTC.
 */
export async function recentPlayers(
  target: Target,
  { activeDays, playersMax, now }: RecentPlayersQuery,
): Promise<bigint[]> {
  const notAfter = clockText(now.getTime() + DAY_MS);
  const rows = await withMemory(target, async (client) => {
    const result = await client.query<Latest>(RECENT_PLAYERS, [notAfter, playersMax]);
    return result.rows;
  });
  const newest = rows.map(({ at }) => instantOf(at)).find((instant) => instant !== null);
  if (newest === undefined) return [];
  const notBefore = clockText(newest.s * 1_000 - activeDays * DAY_MS);
  return rows.filter(({ at }) => at >= notBefore).map(({ user_id }) => BigInt(user_id));
}

interface Latest {
  user_id: string;
  at: string;
}

/** With the usual 4 MB, the groups do not fit, and it takes two and a half times as long. */
async function withMemory<Result>(
  target: Target,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await target.connect();
  try {
    // Not for the session, which is somebody else's next behind PgBouncer.
    await client.query("BEGIN READ ONLY; SET LOCAL work_mem = '64MB'");
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } finally {
    await client.end();
  }
}

/** `YYYY-MM-DDTHH:MM:SS`. */
function clockText(ms: number): string {
  return new Date(Math.max(0, ms)).toISOString().slice(0, 19);
}

/**
 * Each player's newest time of each form is found as it is written, since texts of one form sort as
 * the times do; only those few per player are read. ISO texts begin with a 2, and Unix times, in
 * seconds or milliseconds, with a 1 until 2033.
 */
const RECENT_PLAYERS = `
WITH told (user_id, iso, unix) AS (
  ${newestTold('fight_history', 'fought_at')}
  UNION ALL ${newestTold('player_cards', 'obtained_at')}
  UNION ALL ${newestTold('players', 'last_claim')}
  UNION ALL ${newestTold('players', 'last_heart_reset')}
), clocked AS (
  SELECT user_id, greatest(
    CASE WHEN iso ~ '^\\d{4}-\\d\\d-\\d\\d' THEN replace(left(iso, 19), ' ', 'T') END,
    CASE WHEN unix ~ '^\\d{10}(\\.\\d+)?$' THEN ${clockOf('unix::numeric')}
         WHEN unix ~ '^\\d{13}(\\.\\d+)?$' THEN ${clockOf('unix::numeric / 1000')} END
  ) COLLATE "C" AS at
  FROM told
), latest AS (
  SELECT user_id, max(at) AS at FROM clocked WHERE at <= $1 GROUP BY user_id
)
SELECT players.user_id, at FROM latest JOIN players USING (user_id)
ORDER BY at DESC, user_id
LIMIT $2
`;

function newestTold(table: string, column: string): string {
  const time = `${column}::text COLLATE "C"`;
  return `SELECT user_id,
    max(${time}) FILTER (WHERE ${time} >= '2' AND ${time} <= $1),
    max(${time}) FILTER (WHERE ${time} >= '1' AND ${time} < '2')
  FROM ${table} WHERE user_id IS NOT NULL GROUP BY user_id`;
}

function clockOf(unixS: string): string {
  return `to_char(to_timestamp(${unixS}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')`;
}
