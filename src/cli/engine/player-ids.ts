import { openSource } from '../../drivers/sqlite.js';

/**
 * Ids of players of the source, those who played last first; none when the source has no players
 * in the form that the game knows.
 */
export function playerIds(sourcePath: string, limit: number): number[] {
  const source = openSource(sourcePath);
  try {
    const { db } = source;
    const isGame = db
      .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'players'")
      .pluck()
      .get();
    if (isGame === undefined) return [];
    const sql =
      'SELECT user_id FROM players WHERE user_id BETWEEN 1 AND 9007199254740991 ORDER BY last_claim DESC LIMIT ?';
    return (db.prepare<[number], bigint>(sql).pluck().all(limit) as bigint[]).map(Number);
  } finally {
    source.close();
  }
}
