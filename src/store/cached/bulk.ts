import type { RedisConnection } from '../../drivers/redis.js';
import type { LeaderboardRow } from '../rows.js';
import { putBoard } from './boards.js';
import { jittered, KEYS, PLAYER_TTL_MS } from './keys.js';
import { tokens } from './player-values.js';
import { type Entry, scriptsOf } from './scripts.js';

/** Puts many players' values as a cache's own reads would, under the same leases. */
export interface BulkFill {
  /** Puts a token wherever there is nothing yet. Only what is loaded after that may be put. */
  claim(userIds: readonly bigint[]): Promise<Claimed>;
  putLeaderboard(name: string, rows: readonly LeaderboardRow[]): Promise<void>;
}

export interface Claimed {
  /** Those of whom something was missing. */
  userIds: readonly bigint[];
  /** Puts what was loaded; returns how many keys were put: not those that others put or forgot. */
  fill(players: readonly EncodedPlayer[]): Promise<number>;
}

/** Values as `codec.ts` writes them. */
export interface EncodedPlayer {
  userId: bigint;
  profile: string;
  cards: string;
}

/** Keys of one script: Redis does nothing else while it runs, about half a millisecond. */
const KEYS_AT_ONCE = 200;
const KEYS_IN_FLIGHT = 800;
/** A bulk load is slower than one player's. Whoever reads meanwhile loads, and may fill too. */
const TOKEN_TTL_MS = 30_000;

/** What it does fails with a CardctlError `edge`. */
export function bulkFill(redis: RedisConnection, random: () => number): BulkFill {
  const scripts = scriptsOf(redis);
  // In a cluster the keys of a script must have one slot, which keys of two players seldom have.
  const atOnce = redis.isCluster ? 1 : KEYS_AT_ONCE;
  /** One script after the other in each of some lanes: what waits in line would time out there. */
  const inLanes = async <Item, Answer>(
    items: readonly Item[],
    ask: (some: readonly Item[]) => Promise<Answer>,
  ): Promise<Answer[]> => {
    const left = chunks(items, atOnce);
    const answers: Answer[] = [];
    const lane = async () => {
      for (let some = left.shift(); some !== undefined; some = left.shift()) {
        answers.push(await ask(some));
      }
    };
    try {
      await Promise.all(Array.from({ length: KEYS_IN_FLIGHT / atOnce }, lane));
      return answers;
    } catch (error) {
      throw redis.explain(error);
    }
  };
  const nextToken = tokens();
  return {
    claim: async (userIds) => {
      const token = nextToken();
      const keys = userIds.flatMap((userId) => [KEYS.cards(userId), KEYS.profile(userId)]);
      const free = await inLanes(keys, async (some) => {
        const places = await scripts.claimFree(some, token, TOKEN_TTL_MS);
        return places.map((place) => some[place - 1]);
      });
      const missing = new Set(free.flat());
      return {
        userIds: userIds.filter(
          (userId) => missing.has(KEYS.cards(userId)) || missing.has(KEYS.profile(userId)),
        ),
        fill: async (players) => {
          const entries = players.flatMap((player) => entriesOf(player, random));
          const put = await inLanes(entries, (some) => scripts.fill(token, some));
          return put.reduce((sum, each) => sum + each, 0);
        },
      };
    },
    putLeaderboard: async (name, rows) => {
      await inLanes([rows], ([board = []]) => putBoard(redis, name, board, random));
    },
  };
}

function entriesOf(
  { userId, profile, cards }: EncodedPlayer,
  random: () => number,
): [Entry, Entry] {
  const ttlMs = () => jittered(PLAYER_TTL_MS, random);
  return [
    { key: KEYS.cards(userId), value: Buffer.from(cards), ttlMs: ttlMs() },
    { key: KEYS.profile(userId), value: Buffer.from(profile), ttlMs: ttlMs() },
  ];
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
