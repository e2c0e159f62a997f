import type { Executor, Row, Value } from '../executor.js';
import type { PlayerRow } from '../rows.js';
import { idOf, numberOrNull, textOrNull, timeOf, timeOrNull } from '../values.js';

export const PLAYER_COLUMNS = `user_id, username, first_name, hearts, lives, total_score,
         last_heart_reset, last_lives_reset, last_claim, created_at`;

const SELECT = `SELECT ${PLAYER_COLUMNS} FROM players`;

export async function findPlayer(db: Executor, userId: bigint): Promise<PlayerRow | null> {
  const [row] = await db.run(`${SELECT} WHERE user_id = $1`, [userId]);
  return row === undefined ? null : playerOf(row);
}

/** Locks in the order of the ids: two updates that lock the same players cannot deadlock. */
export async function lockPlayers(db: Executor, userIds: readonly bigint[]): Promise<PlayerRow[]> {
  const { isListed, listOf, forUpdate } = db.dialect;
  const sql = `${SELECT} WHERE user_id ${isListed('$1')} ORDER BY user_id ${forUpdate}`;
  return (await db.run(sql, [listOf(userIds)])).map(playerOf);
}

export async function addPlayer(db: Executor, player: PlayerRow): Promise<boolean> {
  const rows = await db.run(
    `INSERT INTO players (user_id, username, first_name, hearts, lives, total_score,
                          last_heart_reset, last_lives_reset, last_claim, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT DO NOTHING RETURNING user_id`,
    [
      player.user_id,
      player.username,
      player.first_name,
      player.hearts,
      player.lives,
      player.total_score,
      player.last_heart_reset,
      player.last_lives_reset,
      player.last_claim,
      player.created_at,
    ],
  );
  return rows.length > 0;
}

const CHANGEABLE = [
  'username',
  'first_name',
  'hearts',
  'lives',
  'total_score',
  'last_heart_reset',
  'last_lives_reset',
  'last_claim',
  'created_at',
] as const satisfies (keyof PlayerRow)[];

export function updatePlayer(
  db: Executor,
  userId: bigint,
  changes: Partial<Omit<PlayerRow, 'user_id'>>,
): void {
  const columns = CHANGEABLE.filter((column) => changes[column] !== undefined);
  if (columns.length === 0) return;
  const assignments = columns.map((column, place) => `${column} = $${place + 2}`);
  const values: Value[] = columns.map((column) => changes[column] as Value);
  db.send(`UPDATE players SET ${assignments.join(', ')} WHERE user_id = $1`, [userId, ...values]);
}

export function playerOf(row: Row): PlayerRow {
  return {
    user_id: idOf(row.user_id),
    username: textOrNull(row.username),
    first_name: textOrNull(row.first_name),
    hearts: numberOrNull(row.hearts),
    lives: numberOrNull(row.lives),
    total_score: numberOrNull(row.total_score),
    last_heart_reset: timeOrNull(row.last_heart_reset),
    last_lives_reset: timeOrNull(row.last_lives_reset),
    last_claim: timeOrNull(row.last_claim),
    created_at: timeOf(row.created_at),
  };
}
