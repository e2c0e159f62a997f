import type { FaultPoint } from '../../lib/fault.js';
import type { StoreKind } from '../../sync/authority.js';
import { type AppliedSet, follow } from '../../sync/follow.js';
import { type Pair, readPair } from '../../sync/pair.js';
import type { Deps } from '../step.js';
import { changedUsers } from './changed-users.js';
import type { FollowMetrics } from './metrics.js';

export interface FollowOptions extends Deps {
  pair: Pair;
  metrics: FollowMetrics;
  /** Forgets what a cache knows of players; null without one. A failure is no reason to stop. */
  forget: ((userIds: readonly bigint[]) => Promise<void>) | null;
  /** Notes on the follower that it has everything, for whoever asks how old it is. */
  noteSeen(authority: StoreKind): Promise<void>;
  /** As in `FollowDeps`. */
  fenceMsMax: number;
  fault?: FaultPoint;
}

export interface FollowTotals {
  /** Transactions on the follower, and the rows that they wrote or deleted. */
  sets: number;
  rows: number;
}

/** The column in which the game's tables name a player. */
const USER_COLUMN = 'user_id';

/** How often the follower is told that it is caught up, and the backlog is counted, milliseconds. */
const TELL_EVERY_MS = 1_000;

const FOLLOW_TITLE = 'follow';

/** Keeps the follower equal until the signal, and tells how far it is. */
export async function runFollow(options: FollowOptions): Promise<FollowTotals> {
  const { pair, metrics, clock, signal, report, fenceMsMax, fault } = options;
  const tell = everyMs(TELL_EVERY_MS, clock.monotonicMs);
  const totals: FollowTotals = { sets: 0, rows: 0 };
  let caughtUp = false;
  const progress = (entriesBehind: number) =>
    report({
      type: 'progress',
      step: FOLLOW_TITLE,
      task: 'changes',
      unit: 'rows',
      done: totals.rows,
      total: totals.rows + entriesBehind,
    });
  report({ type: 'step', step: FOLLOW_TITLE, state: 'started' });
  await follow(pair, {
    clock,
    signal,
    onDirection: (authority, epoch) => {
      caughtUp = false;
      metrics.epoch.set(epoch);
      for (const store of ['sqlite', 'postgres'] as const) {
        metrics.isAuthority.set({ store }, store === authority ? 1 : 0);
      }
      const message = `${authority} is the authority, epoch ${epoch}: the other side follows`;
      report({ type: 'note', level: 'info', message });
    },
    onApplied: async ({ set, lagMs }: AppliedSet) => {
      const changed = set.tables.reduce((sum, { keys }) => sum + keys.length, 0);
      totals.rows += changed;
      totals.sets += 1;
      metrics.lagSeconds.observe(lagMs / 1_000);
      metrics.entries.inc(set.entries);
      metrics.rows.inc(changed);
      metrics.sets.inc();
      await forgetUsers(options, set);
      if (tell.isDue()) {
        const behind = await backlog(pair);
        metrics.backlogEntries.set(behind);
        progress(behind);
      }
    },
    onCaughtUp: (authority) => {
      metrics.caughtUpSeconds.set(clock.now().getTime() / 1_000);
      metrics.backlogEntries.set(0);
      if (!caughtUp) report({ type: 'note', level: 'info', message: 'caught up' });
      caughtUp = true;
      if (!tell.isDue()) return;
      progress(0);
      // Whoever reads the note may see it late; nobody waits for it.
      options.noteSeen(authority).catch(() => undefined);
    },
    fenceMsMax,
    ...(fault !== undefined && { fault }),
  });
  return totals;
}

async function forgetUsers(
  { forget, report }: FollowOptions,
  set: AppliedSet['set'],
): Promise<void> {
  if (forget === null) return;
  const users = changedUsers(set, USER_COLUMN);
  if (users.length === 0) return;
  try {
    await forget(users);
  } catch {
    const message = 'the cache was not told what changed: what it holds is good for five minutes';
    report({ type: 'note', level: 'warning', message });
  }
}

/** Entries of the authority's log that the follower does not have, by their numbers. */
async function backlog(pair: Pair): Promise<number> {
  const facts = await readPair(pair);
  const { store } = facts.authority;
  const follower = store === 'sqlite' ? facts.postgres : facts.sqlite;
  const applied = follower.applied?.position.sequence ?? 0;
  return Math.max(0, facts[store].logged.sequence - applied);
}

function everyMs(ms: number, monotonicMs: () => number) {
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    isDue: () => {
      const nowMs = monotonicMs();
      if (nowMs - lastMs < ms) return false;
      lastMs = nowMs;
      return true;
    },
  };
}
