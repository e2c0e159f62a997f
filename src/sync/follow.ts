import type { Clock } from '../lib/clock.js';
import { CardctlError } from '../lib/errors.js';
import { type FaultPoint, noFaults } from '../lib/fault.js';
import { otherThan, type StoreKind } from './authority.js';
import { giveUp, type Pair, type PairFacts, readPair, settle } from './pair.js';
import type { Position } from './position.js';
import type { ChangeSet, Side } from './side.js';

export interface FollowDeps {
  clock: Clock;
  signal: AbortSignal;
  /** Told before the next set is read: it may wait, for whoever has to forget what changed. */
  onApplied(applied: AppliedSet): Promise<void> | void;
  /** The follower has all that was committed a moment ago; told often. */
  onCaughtUp(authority: StoreKind): void;
  onDirection(authority: StoreKind, epoch: number): void;
  /**
   * A fence that is up for longer belongs to a promote or demote that is gone, and is lowered:
   * players wait for it. More than any promote may take. Milliseconds.
   */
  fenceMsMax: number;
  fault?: FaultPoint;
}

export interface AppliedSet {
  set: ChangeSet;
  /**
   * The longest time that any change of it can have waited, milliseconds: from the last moment at
   * which nothing was there to apply until it was committed.
   */
  lagMs: number;
}

/** How long a wait for the next change lasts at most, milliseconds. */
const WAIT_MS = 25;

/** Log entries that the follower has are dropped this often, milliseconds. */
const FORGET_EVERY_MS = 5_000;

/**
 * They are kept for so long: a verify looks at the follower, and a moment later at what was logged
 * behind its position. Milliseconds.
 */
const KEEP_MS = 60_000;

/** It looks this often whether a promote or demote was cut short, milliseconds. */
const LOOK_EVERY_MS = 1_000;

/**
 * Keeps the follower equal to the authority, whichever of the two that is, until aborted. Ends what
 * a killed promote or demote left behind.
 *
 * @throws CardctlError of either side; nothing is skipped: the next call goes on at the same place
 */
export async function follow(pair: Pair, deps: FollowDeps): Promise<void> {
  while (!deps.signal.aborted) {
    const facts = await settle(pair, await readPair(pair));
    deps.fault?.('follow-settled');
    try {
      await followEpoch(pair, facts, deps);
    } catch (error) {
      if (!(await isOver(pair, facts, error))) throw error;
    }
  }
}

/** Whether an error only says that the authority has changed meanwhile. */
async function isOver(pair: Pair, { authority }: PairFacts, error: unknown): Promise<boolean> {
  if (!(error instanceof CardctlError) || error.code !== 'refused') return false;
  const now = await readPair(pair);
  return now.authority.epoch !== authority.epoch || now.unfinished === 'taken';
}

/** Follows until the authority changes, or there is something to settle. */
async function followEpoch(pair: Pair, facts: PairFacts, deps: FollowDeps): Promise<void> {
  const { clock, signal, fault = noFaults } = deps;
  const { store, epoch } = facts.authority;
  const authority = pair[store];
  const follower = pair[otherThan(store)];
  deps.onDirection(store, epoch);
  const unfinished = unfinishedWatch(pair, facts, deps);
  let position = positionIn(facts);
  let caughtUpMs = clock.monotonicMs();
  const log = logUpkeep(authority, epoch, clock);
  let lookedMs = caughtUpMs;
  while (!signal.aborted) {
    const readMs = clock.monotonicMs();
    const set = await authority.readChanges(position, epoch);
    if (set === null) {
      caughtUpMs = readMs;
      deps.onCaughtUp(store);
    } else {
      fault('follow-read');
      await follower.apply(set);
      fault('follow-applied');
      position = set.to;
      await deps.onApplied({ set, lagMs: clock.monotonicMs() - caughtUpMs });
      if (!set.hasMore) caughtUpMs = readMs;
    }
    await log.forget(position);
    if (clock.monotonicMs() - lookedMs > LOOK_EVERY_MS) {
      lookedMs = clock.monotonicMs();
      if (await unfinished.isToSettle()) return;
    }
    if (set === null) await authority.changed(WAIT_MS, signal);
  }
}

function positionIn(facts: PairFacts): Position {
  const { store, epoch } = facts.authority;
  const { applied } = facts[otherThan(store)];
  if (applied?.epoch === epoch) return applied.position;
  throw new CardctlError('refused', `the follower knows nothing of epoch ${epoch}`, {
    hint: 'load it anew: cardctl migrate --follow --clean',
    details: { store, epoch, applied },
  });
}

/** Has the authority drop log entries that the follower has had for long enough. */
function logUpkeep(authority: Side, epoch: number, clock: Clock) {
  const passed: { position: Position; atMs: number }[] = [];
  let forgottenMs = clock.monotonicMs();
  return {
    forget: async (position: Position): Promise<void> => {
      const nowMs = clock.monotonicMs();
      if (nowMs - forgottenMs < FORGET_EVERY_MS) return;
      forgottenMs = nowMs;
      passed.push({ position, atMs: nowMs });
      const old = passed.findLastIndex(({ atMs }) => atMs < nowMs - KEEP_MS);
      const last = passed.splice(0, old + 1).at(-1);
      if (last !== undefined) await authority.forget(last.position, epoch);
    },
  };
}

/**
 * Finds what a promote or demote left behind that is gone: neither side says a word of it to who
 * only reads the log of the one and applies to the other. Lowers a fence that nobody lowers.
 */
function unfinishedWatch(
  pair: Pair,
  { authority }: PairFacts,
  { clock, fenceMsMax, fault }: FollowDeps,
) {
  let raisedMs: number | null = null;
  return {
    isToSettle: async (): Promise<boolean> => {
      const facts = await readPair(pair);
      if (facts.unfinished === 'fenced') {
        raisedMs ??= clock.monotonicMs();
        if (clock.monotonicMs() - raisedMs < fenceMsMax) return false;
        await giveUp(pair, facts, fault);
        return true;
      }
      raisedMs = null;
      return facts.unfinished !== null || facts.authority.epoch !== authority.epoch;
    },
  };
}

/**
 * Applies all that is logged, and returns once nothing is behind.
 *
 * @throws CardctlError of either side
 */
export async function catchUp(
  authority: Side,
  follower: Side,
  from: Position,
  epoch: number,
  signal: AbortSignal,
): Promise<Position> {
  let position = from;
  for (;;) {
    signal.throwIfAborted();
    const set = await authority.readChanges(position, epoch);
    if (set === null) return position;
    await follower.apply(set);
    position = set.to;
  }
}
