import type { Executor, Row, Value } from '../executor.js';
import type { FightRow } from '../rows.js';
import { idOf, idOrNull, textOf, textOrNull, timeOf } from '../values.js';

const SELECT = `
  SELECT fight_id, challenger_id, opponent_id, challenger_card_id, opponent_card_id,
         challenger_stat, opponent_stat, status, chat_id, created_at, expires_at
    FROM active_fights WHERE fight_id = $1`;

export async function findFight(db: Executor, fightId: string): Promise<FightRow | null> {
  return fightOrNull(await db.run(SELECT, [fightId]));
}

export async function lockFight(db: Executor, fightId: string): Promise<FightRow | null> {
  return fightOrNull(await db.run(`${SELECT} ${db.dialect.forUpdate}`, [fightId]));
}

export function addFight(db: Executor, fight: FightRow): void {
  db.send(
    `INSERT INTO active_fights (fight_id, challenger_id, opponent_id, challenger_card_id,
                                opponent_card_id, challenger_stat, opponent_stat, status, chat_id,
                                created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      fight.fight_id,
      fight.challenger_id,
      fight.opponent_id,
      fight.challenger_card_id,
      fight.opponent_card_id,
      fight.challenger_stat,
      fight.opponent_stat,
      fight.status,
      fight.chat_id,
      fight.created_at,
      fight.expires_at,
    ],
  );
}

const CHANGEABLE = [
  'challenger_id',
  'opponent_id',
  'challenger_card_id',
  'opponent_card_id',
  'challenger_stat',
  'opponent_stat',
  'status',
  'chat_id',
  'created_at',
  'expires_at',
] as const satisfies (keyof FightRow)[];

export function updateFight(
  db: Executor,
  fightId: string,
  changes: Partial<Omit<FightRow, 'fight_id'>>,
): void {
  const columns = CHANGEABLE.filter((column) => changes[column] !== undefined);
  if (columns.length === 0) return;
  const assignments = columns.map((column, place) => `${column} = $${place + 2}`);
  const values: Value[] = columns.map((column) => changes[column] as Value);
  db.send(`UPDATE active_fights SET ${assignments.join(', ')} WHERE fight_id = $1`, [
    fightId,
    ...values,
  ]);
}

function fightOrNull([row]: Row[]): FightRow | null {
  if (row === undefined) return null;
  return {
    fight_id: textOf(row.fight_id),
    challenger_id: idOf(row.challenger_id),
    opponent_id: idOf(row.opponent_id),
    challenger_card_id: textOrNull(row.challenger_card_id),
    opponent_card_id: textOrNull(row.opponent_card_id),
    challenger_stat: textOrNull(row.challenger_stat),
    opponent_stat: textOrNull(row.opponent_stat),
    status: textOf(row.status),
    chat_id: idOrNull(row.chat_id),
    created_at: timeOf(row.created_at),
    expires_at: timeOf(row.expires_at),
  };
}
