import type { RedisConnection } from '../../drivers/redis.js';
import type { LeaderboardRow } from '../rows.js';
import type { Asking } from './asking.js';
import { decodeBoard, encodeBoardLine } from './codec.js';
import { ALL_TIME, BOARD_TTL_MS, jittered, KEYS } from './keys.js';
import type { Outcome } from './outcome.js';

/** What many players' scores make up. Nothing forgets it: it is good for half a minute. */
export interface Boards {
  leaderboard(name: string, request: BoardRequest<LeaderboardRow[]>): Promise<LeaderboardRow[]>;
  rank(score: number, request: BoardRequest<number>): Promise<number>;
  settle(): Promise<void>;
}

export interface BoardRequest<Value> {
  load: () => Promise<Value>;
  count: (outcome: Outcome) => void;
}

/** The lowest member of every set: an empty leaderboard is not an absent one. */
const END = 'end';

export function boards(redis: RedisConnection, asking: Asking, random: () => number): Boards {
  const { client } = redis;
  /** By key: one load at a time. */
  const loads = new Map<string, Promise<unknown>>();
  const filling = new Set<Promise<void>>();

  const loadAndFill = <Value>(
    key: string,
    load: () => Promise<Value>,
    fill: (value: Value) => Promise<unknown>,
  ): Promise<Value> => {
    const shared = loads.get(key) as Promise<Value> | undefined;
    if (shared !== undefined) return shared;
    const loading = load();
    loads.set(key, loading);
    const filled = loading
      .then(fill)
      .then(() => undefined)
      .catch(() => undefined)
      .finally(() => {
        loads.delete(key);
        filling.delete(filled);
      });
    filling.add(filled);
    return loading;
  };

  const rankOnBoard = async (score: number): Promise<{ rank: number | null } | null> => {
    const key = KEYS.leaderboard(ALL_TIME);
    const asked = await asking.ask(async () =>
      Promise.all([
        client.zrange(key, 1, '1', 'WITHSCORES'),
        client.zcount(key, `(${score}`, '+inf'),
        client.get(KEYS.rank(score)),
      ]),
    );
    if (asked === null) return null;
    const [[, lowest], better, known] = asked.answer;
    // Above the last on the board, the board has all there are.
    if (lowest !== undefined && score >= Number(lowest)) return { rank: better + 1 };
    return { rank: known !== null && /^\d+$/.test(known) ? Number(known) : null };
  };

  return {
    leaderboard: async (name, { load, count }) => {
      const key = KEYS.leaderboard(name);
      const asked = await asking.ask(() => client.zrange(key, 0, '-1', 'WITHSCORES'));
      const rows = asked === null ? null : rowsOf(asked.answer);
      count(asked === null ? 'error' : rows === null ? 'miss' : 'hit');
      return (
        rows ??
        loadAndFill(key, load, (loaded) => asking.ask(() => putBoard(redis, name, loaded, random)))
      );
    },
    rank: async (score, { load, count }) => {
      const found = await rankOnBoard(score);
      const rank = found?.rank ?? null;
      count(found === null ? 'error' : rank === null ? 'miss' : 'hit');
      const key = KEYS.rank(score);
      return (
        rank ??
        loadAndFill(key, load, (loaded) =>
          asking.ask(() => client.set(key, loaded, 'PX', jittered(BOARD_TTL_MS, random))),
        )
      );
    },
    settle: async () => {
      await Promise.all(filling);
    },
  };
}

/** Puts a whole leaderboard in place of what there was, at once; absolute scores, no sums. */
export async function putBoard(
  { client }: RedisConnection,
  name: string,
  rows: readonly LeaderboardRow[],
  random: () => number,
): Promise<void> {
  const key = KEYS.leaderboard(name);
  const members = rows.flatMap((row, place) => [row.score, encodeBoardLine(row, place)]);
  const replies = await client
    .multi()
    .del(key)
    .zadd(key, '-inf', END, ...members)
    .pexpire(key, jittered(BOARD_TTL_MS, random))
    .exec();
  for (const [error] of replies ?? []) if (error !== null) throw error;
}

/** Null when there is no leaderboard, or none that was written here. */
function rowsOf(flat: readonly string[]): LeaderboardRow[] | null {
  const [end] = flat;
  if (end !== END) return null;
  const members: [string, number][] = [];
  for (let i = 2; i < flat.length; i += 2) members.push([flat[i] ?? '', Number(flat[i + 1])]);
  return decodeBoard(members);
}
