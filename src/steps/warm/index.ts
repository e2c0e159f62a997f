import type pg from 'pg';
import type { Target } from '../../drivers/postgres.js';
import type { RedisConnection } from '../../drivers/redis.js';
import { CardctlError } from '../../lib/errors.js';
import { type BulkFill, bulkFill } from '../../store/cached/bulk.js';
import { deckEncoder } from '../../store/cached/codec.js';
import type { LeaderboardRow } from '../../store/rows.js';
import type { Deps } from '../step.js';
import { type DeckEncoder, loadDeck, loadPlayers } from './load-players.js';
import { type Pace, paceOf } from './pace.js';
import { recentPlayers } from './recent-players.js';

export interface WarmOptions {
  /** Players who did something within so many days before the newest time in the data. */
  activeDays: number;
  /** Keys a second at most. */
  rate: number;
  /** Players at most, the most recently active; default 1,000,000. */
  playersMax?: number | undefined;
  /** These and nobody else, as an earlier result has them: nothing is asked about activity. */
  userIds?: readonly bigint[] | undefined;
}

export interface WarmDeps extends Deps {
  target: Target;
  /** With time for bulk: its commands are larger than a bot's. */
  redis: RedisConnection;
  leaderboards: readonly WarmLeaderboard[];
  /** From 0 up to, not including, 1: for the jitter of expiry. */
  random?: (() => number) | undefined;
}

export interface WarmLeaderboard {
  /** As the cache calls it, e.g. `week`. */
  name: string;
  load: () => Promise<LeaderboardRow[]>;
}

export interface WarmResult {
  /** Who was looked for, the most recently active first. */
  userIds: readonly bigint[];
  /** Keys that were put. Those that were there already, or forgotten meanwhile, are none of them. */
  keys: number;
  seconds: number;
  keysPerSecond: number;
}

const STEP = 'warm';
const PLAYERS_MAX = 1_000_000;
/**
 * A player's rows lie scattered, each on a page of its own. Asked for ten thousand players at once,
 * the server reads a page once for many of them, in the order on the disk: half the work.
 */
const BATCH_MAX = 10_000;
/** While one batch waits for the database, another is encoded and put. */
const BATCHES_AT_ONCE = 2;

/**
 * Loads into Redis what the next players will ask for: leaderboards, then cards and profiles, the
 * most recently active players first. Safe while bots serve players, and safe to run again: what
 * is there is left, and what is forgotten meanwhile is not put.
 *
 * @throws CardctlError `target`, `edge`, or `interrupted`; what was put by then is good
 */
export async function warm(options: WarmOptions, deps: WarmDeps): Promise<WarmResult> {
  const { target, redis, report, clock, signal, random = Math.random } = deps;
  const startedAtMs = clock.monotonicMs();
  const fill = bulkFill(redis, random);
  const pace = paceOf(options.rate, clock, signal);
  try {
    const boards = await warmLeaderboards(fill, pace, deps);
    const userIds =
      options.userIds ??
      (await recentPlayers(target, {
        activeDays: options.activeDays,
        playersMax: options.playersMax ?? PLAYERS_MAX,
        now: clock.now(),
      }));
    const batch = batchFor(options.rate);
    const keys = boards + (await warmPlayers(userIds, { fill, pace, target, report, batch }));
    const seconds = (clock.monotonicMs() - startedAtMs) / 1_000;
    return { userIds, keys, seconds, keysPerSecond: Math.round(keys / seconds) };
  } catch (error) {
    throw explained(error, deps);
  }
}

async function warmLeaderboards(
  fill: BulkFill,
  pace: Pace,
  { leaderboards }: WarmDeps,
): Promise<number> {
  for (const { name, load } of leaderboards) {
    await pace.take(1);
    await fill.putLeaderboard(name, await load());
  }
  return leaderboards.length;
}

interface Work extends Pick<WarmDeps, 'target' | 'report'> {
  fill: BulkFill;
  pace: Pace;
  /** Players at once. */
  batch: number;
}

/** No more in one go than a second may see: a player is two keys. */
function batchFor(keysPerSecond: number): number {
  return Math.max(1, Math.min(BATCH_MAX, Math.floor(keysPerSecond / 2)));
}

async function warmPlayers(userIds: readonly bigint[], work: Work): Promise<number> {
  const progress = progressOf(2 * userIds.length, work);
  let next = 0;
  let keys = 0;
  const worker = async (client: pg.Client, encode: DeckEncoder) => {
    while (next < userIds.length) {
      const batch = userIds.slice(next, next + work.batch);
      next += batch.length;
      await work.pace.take(2 * batch.length);
      // The token before the load: a write in between then deletes it, and nothing old is put.
      const claimed = await work.fill.claim(batch);
      keys += await claimed.fill(await loadPlayers(client, encode, claimed.userIds));
      progress(2 * batch.length);
    }
  };
  const clients: pg.Client[] = [];
  try {
    for (let i = 0; i < BATCHES_AT_ONCE; i += 1) clients.push(await work.target.connect());
    const [first] = clients as [pg.Client];
    const encode = deckEncoder(await loadDeck(first));
    await Promise.all(clients.map((client) => worker(client, encode)));
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
  return keys;
}

function progressOf(total: number, { report }: Work): (keys: number) => void {
  let done = 0;
  return (keys) => {
    done += keys;
    report({ type: 'progress', step: STEP, task: 'players', unit: 'keys', done, total });
  };
}

/** What is no error of ours came from a connection of the target. */
function explained(error: unknown, { target, signal }: WarmDeps): CardctlError {
  if (error instanceof CardctlError) return error;
  if (!signal.aborted) return target.explain(error);
  return new CardctlError('interrupted', 'stopped while warming; what was put is good', {
    hint: 'Run the same command again to go on: what is there is left as it is.',
  });
}
