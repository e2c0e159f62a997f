import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Writes to the target at a steady rate until it is refused or told to stop. */
export async function writeToTarget(
  url: string,
  perSecond: number,
): Promise<{ stop(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT user_id FROM players LIMIT 5000');
  const users = rows.map((row) => (row as { user_id: string }).user_id);
  let isStopping = false;
  const writing = (async () => {
    const startedMs = performance.now();
    for (let number = 0; !isStopping; number += 1) {
      const waitMs = startedMs + (number * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const user = users[(number * 7919) % users.length];
      await client.query('BEGIN');
      await client.query('UPDATE players SET total_score = total_score + 1 WHERE user_id = $1', [
        user,
      ]);
      await client.query(
        `INSERT INTO fight_history (user_id, user_card_id, result, score_gained, hearts_lost)
         VALUES ($1, 'bench', 'win', 1, 0)`,
        [user],
      );
      await client.query('COMMIT');
    }
  })().catch(() => undefined);
  return {
    stop: async () => {
      isStopping = true;
      await writing;
      await client.end();
    },
  };
}
