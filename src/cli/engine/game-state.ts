import { STATUS } from '../../game/fight/status.js';
import type { Now } from '../../game/time.js';
import type { GameAfter, GameBefore, HistoryState, PlayerState } from '../../loadtest/index.js';
import type { Database, Executor } from '../../store/executor.js';
import {
  idOf,
  idOrNull,
  numberOf,
  numberOrNull,
  textOrNull,
  timeOrNull,
} from '../../store/values.js';

/** Ids rise: what has a higher one was added later. */
export interface Since {
  playerCardId: bigint;
  historyId: bigint;
}

/** The game as it is before a load test, which all rows added later are told from. */
export function readBefore(
  database: Database,
  at: Now,
): Promise<{ before: GameBefore; since: Since }> {
  return database.read(AT_ONE_MOMENT, async (db) => ({
    before: {
      at,
      players: await playersIn(db),
      finishedFights: await finishedFightsIn(db),
      challenges: await challengesIn(db),
    },
    since: {
      playerCardId: await highestId(db, 'player_cards'),
      historyId: await highestId(db, 'fight_history'),
    },
  }));
}

/** The game after it. */
export function readAfter(database: Database, since: Since): Promise<GameAfter> {
  return database.read(AT_ONE_MOMENT, async (db) => ({
    players: await playersIn(db),
    finishedFights: await finishedFightsIn(db),
    challenges: await challengesIn(db),
    newCards: await newCardsIn(db, since.playerCardId),
    newHistory: await newHistoryIn(db, since.historyId),
    haveAll: await ownersOfAll(db),
  }));
}

const AT_ONE_MOMENT = { copy: 'authority', behind: null, statements: 'several' } as const;

async function playersIn(db: Executor): Promise<Map<bigint, PlayerState>> {
  const rows = await db.run(
    'SELECT user_id, total_score, hearts, last_heart_reset, last_claim FROM players',
  );
  return new Map(
    rows.map((row) => [
      idOf(row.user_id),
      {
        total_score: numberOrNull(row.total_score),
        hearts: numberOrNull(row.hearts),
        last_heart_reset: timeOrNull(row.last_heart_reset),
        last_claim: timeOrNull(row.last_claim),
      },
    ]),
  );
}

async function finishedFightsIn(db: Executor): Promise<number> {
  const [row] = await db.run('SELECT count(*) AS fights FROM active_fights WHERE status = $1', [
    STATUS.finished,
  ]);
  return numberOf(row?.fights);
}

async function challengesIn(db: Executor): Promise<Map<bigint, number>> {
  const rows = await db.run(
    'SELECT challenger_id, count(*) AS challenges FROM active_fights GROUP BY challenger_id',
  );
  return new Map(rows.map((row) => [idOf(row.challenger_id), numberOf(row.challenges)]));
}

async function highestId(db: Executor, table: 'player_cards' | 'fight_history'): Promise<bigint> {
  const [row] = await db.run(`SELECT COALESCE(max(id), 0) AS id FROM ${table}`);
  return idOf(row?.id);
}

async function newCardsIn(db: Executor, afterId: bigint): Promise<Map<bigint, number>> {
  const rows = await db.run(
    'SELECT user_id, count(*) AS cards FROM player_cards WHERE id > $1 GROUP BY user_id',
    [afterId],
  );
  return new Map(rows.map((row) => [idOf(row.user_id), numberOf(row.cards)]));
}

async function newHistoryIn(db: Executor, afterId: bigint): Promise<HistoryState[]> {
  const rows = await db.run(
    `SELECT user_id, user_card_id, opponent_user_id, opponent_card_id, score_gained, hearts_lost,
            fought_at
       FROM fight_history WHERE id > $1`,
    [afterId],
  );
  return rows.map((row) => ({
    user_id: idOrNull(row.user_id),
    user_card_id: textOrNull(row.user_card_id),
    opponent_user_id: idOrNull(row.opponent_user_id),
    opponent_card_id: textOrNull(row.opponent_card_id),
    score_gained: numberOrNull(row.score_gained),
    hearts_lost: numberOrNull(row.hearts_lost),
    fought_at: timeOrNull(row.fought_at),
  }));
}

async function ownersOfAll(db: Executor): Promise<Set<bigint>> {
  const rows = await db.run(
    `SELECT user_id FROM player_cards GROUP BY user_id
     HAVING count(*) >= (SELECT count(*) FROM cards)`,
  );
  return new Set(rows.map((row) => idOf(row.user_id)));
}
