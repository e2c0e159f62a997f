import type { Executor } from '../executor.js';
import type { CardCooldownRow, CardCooldownSettingRow } from '../rows.js';
import { flagOrNull, flagValue, idOf, numberOrNull, textOf, timeOrNull } from '../values.js';

export async function findCooldowns(db: Executor, userId: bigint): Promise<CardCooldownRow[]> {
  const rows = await db.run(
    `SELECT user_id, card_id, wins_count, last_win_time, cooldown_until, is_in_cooldown
       FROM card_cooldowns WHERE user_id = $1`,
    [userId],
  );
  return rows.map((row) => ({
    user_id: idOf(row.user_id),
    card_id: textOf(row.card_id),
    wins_count: numberOrNull(row.wins_count),
    last_win_time: timeOrNull(row.last_win_time),
    cooldown_until: timeOrNull(row.cooldown_until),
    is_in_cooldown: flagOrNull(row.is_in_cooldown),
  }));
}

export async function findCooldownSetting(
  db: Executor,
  cardId: string,
): Promise<CardCooldownSettingRow | null> {
  const [row] = await db.run(
    `SELECT card_id, win_limit, cooldown_hours, enabled
       FROM card_cooldown_settings WHERE card_id = $1`,
    [cardId],
  );
  if (row === undefined) return null;
  return {
    card_id: textOf(row.card_id),
    win_limit: numberOrNull(row.win_limit),
    cooldown_hours: numberOrNull(row.cooldown_hours),
    enabled: flagOrNull(row.enabled),
  };
}

export function setCooldown(db: Executor, row: CardCooldownRow): void {
  db.send(
    `INSERT INTO card_cooldowns (user_id, card_id, wins_count, last_win_time, cooldown_until,
                                 is_in_cooldown)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (user_id, card_id) DO UPDATE
        SET wins_count = excluded.wins_count, last_win_time = excluded.last_win_time,
            cooldown_until = excluded.cooldown_until, is_in_cooldown = excluded.is_in_cooldown`,
    [
      row.user_id,
      row.card_id,
      row.wins_count,
      row.last_win_time,
      row.cooldown_until,
      flagValue(row.is_in_cooldown),
    ],
  );
}
