import type { Clock } from '../../lib/clock.js';

/** Work about players that is to be done even if Redis is away now: tried again until it is. */
export interface Unfinished {
  /** Whether work about a player is under way or has failed: what Redis says of them may be old. */
  has(userId: bigint): boolean;
  /** Does the work, or, where it fails, keeps it for later. `first` does it the first time. */
  run(userIds: readonly bigint[], first?: Work): Promise<void>;
  /** Tries once more. */
  close(): Promise<void>;
}

/** Whether it is done. Must not throw. */
export type Work = (userId: bigint) => Promise<boolean>;

export interface UnfinishedOptions {
  /** After this long nothing is left in Redis that the work could be about, milliseconds. */
  keepMs: number;
  /** Players; more are not remembered one by one: then all are taken for unfinished. Default 100,000. */
  playersMax?: number | undefined;
  clock: Clock;
}

const PLAYERS_MAX = 100_000;
const RETRY_EVERY_MS = 500;
const AT_ONCE = 500;

export function unfinished(work: Work, options: UnfinishedOptions): Unfinished {
  const { keepMs, playersMax = PLAYERS_MAX, clock } = options;
  /** By player: which run of the work, and until when it matters. The oldest come first. */
  const waiting = new Map<bigint, { run: number; untilMs: number }>();
  let allUntilMs = Number.NEGATIVE_INFINITY;
  let runs = 0;
  let retry: NodeJS.Timeout | undefined;

  const remember = (userId: bigint, run: number) => {
    const untilMs = clock.monotonicMs() + keepMs;
    waiting.delete(userId);
    if (waiting.size >= playersMax) {
      allUntilMs = untilMs;
      return;
    }
    waiting.set(userId, { run, untilMs });
  };
  /** Work that ended for one run leaves what a later run has begun since. */
  const finish = (userId: bigint, run: number) => {
    if (waiting.get(userId)?.run === run) waiting.delete(userId);
  };
  const retryLater = () => {
    if (retry !== undefined || waiting.size === 0) return;
    retry = setTimeout(() => {
      again()
        .catch(() => undefined)
        .finally(() => {
          retry = undefined;
          retryLater();
        });
    }, RETRY_EVERY_MS);
    retry.unref();
  };
  const again = async () => {
    const now = clock.monotonicMs();
    for (const [userId, { untilMs }] of waiting) if (untilMs < now) waiting.delete(userId);
    const all = [...waiting];
    for (let from = 0; from < all.length; from += AT_ONCE) {
      const done = await Promise.all(
        all.slice(from, from + AT_ONCE).map(async ([userId, { run }]) => {
          const isDone = await work(userId);
          if (isDone) finish(userId, run);
          return isDone;
        }),
      );
      if (!done.some(Boolean)) return;
    }
  };

  return {
    has: (userId) => waiting.has(userId) || clock.monotonicMs() < allUntilMs,
    run: async (userIds, first = work) => {
      runs += 1;
      const run = runs;
      for (const userId of userIds) remember(userId, run);
      await Promise.all(
        userIds.map(async (userId) => {
          if (await first(userId)) finish(userId, run);
        }),
      );
      retryLater();
    },
    close: async () => {
      clearTimeout(retry);
      retry = undefined;
      await again();
    },
  };
}
