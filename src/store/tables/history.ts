import type { Executor } from '../executor.js';
import type { FightCounts, NewFightHistory, PlayerRow } from '../rows.js';
import { numberOf } from '../values.js';
import { PLAYER_COLUMNS, playerOf } from './players.js';

/** A player with their counts, by one statement: of one moment without a transaction. */
export async function findProfile(
  db: Executor,
  userId: bigint,
): Promise<{ player: PlayerRow; counts: FightCounts } | null> {
  const [row] = await db.run(
    `SELECT ${PLAYER_COLUMNS}, wins, losses, ties
       FROM players,
            (SELECT count(*) FILTER (WHERE result = 'win') AS wins,
                    count(*) FILTER (WHERE result = 'loss') AS losses,
                    count(*) FILTER (WHERE result = 'tie') AS ties
               FROM fight_history WHERE user_id = $1) AS fought
      WHERE user_id = $1`,
    [userId],
  );
  if (row === undefined) return null;
  const counts = {
    wins: numberOf(row.wins),
    losses: numberOf(row.losses),
    ties: numberOf(row.ties),
  };
  return { player: playerOf(row), counts };
}

export function addHistory(db: Executor, row: NewFightHistory): void {
  db.send(
    `INSERT INTO fight_history (user_id, user_card_id, opponent_card_id, stat_used, result,
                                score_gained, hearts_lost, fought_at, fight_type, opponent_user_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      row.user_id,
      row.user_card_id,
      row.opponent_card_id,
      row.stat_used,
      row.result,
      row.score_gained,
      row.hearts_lost,
      row.fought_at,
      row.fight_type,
      row.opponent_user_id,
    ],
  );
}
