import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import { deadlineIn } from '../lib/deadline.js';
import { CardctlError } from '../lib/errors.js';
import { type FaultPoint, noFaults } from '../lib/fault.js';
import { otherThan, type StoreKind } from './authority.js';
import { catchUp } from './follow.js';
import { giveUp, type Pair, type PairFacts, readPair, settle } from './pair.js';
import type { Position } from './position.js';

export interface SwitchOptions {
  to: StoreKind;
  /**
   * Whether this process applies changes itself, or waits for the follow process that does: whether
   * it holds the lease.
   */
  applies: boolean;
  /** How long writers that had begun are waited for, milliseconds. */
  drainMsMax: number;
  /** How long the follower may take to catch up once the fence is up, milliseconds. */
  catchUpMsMax: number;
  /** How far behind the follower may be when the fence goes up, log entries. */
  backlogMax: number;
}

export interface SwitchDeps {
  clock: Clock;
  signal: AbortSignal;
  /** Told when each part is done, in order. */
  onPhase(phase: SwitchPhase): void;
  fault?: FaultPoint;
}

export type SwitchPhase = 'ready' | 'fenced' | 'caught up' | 'taken' | 'done';

export interface Switched {
  epoch: number;
  /** Whether there was anything to do. */
  changed: boolean;
  /** The end of the former authority's log; null when nothing was to be done. */
  position: Position | null;
  /** From the fence until the other side took writes, milliseconds: how long players waited. */
  pauseMs: number;
}

/**
 * Moves the authority to the other database. Promote and demote are this, in the two directions.
 * Safe to call again after a crash anywhere: what is past giving up is finished, what is not is
 * begun again.
 *
 * ```
 *  catch up → FENCE the authority → catch up to its last position → the other TAKES the authority
 *                 │                        │                            (the only way is forward)
 *                 ╰── give up: as before ──╯                             → the former yields
 * ```
 *
 * @throws CardctlError `refused` when the follower is too far behind, writers do not end, or it does
 *   not catch up in time; then the authority is what it was, and takes writes
 */
export async function switchAuthority(
  pair: Pair,
  options: SwitchOptions,
  deps: SwitchDeps,
): Promise<Switched> {
  const { to } = options;
  const { clock, signal, fault = noFaults } = deps;
  const facts = await settle(pair, await readPair(pair));
  const from = otherThan(to);
  if (facts.authority.store === to) {
    if (facts.unfinished === 'fenced') await giveUp(pair, facts, fault);
    const { authority } = await readPair(pair);
    return { epoch: authority.epoch, changed: false, position: null, pauseMs: 0 };
  }
  const { epoch } = facts.authority;
  if (facts.unfinished === null) {
    await approach(pair, facts, options, deps);
    await pair[to].expectWritable(options.catchUpMsMax);
  }
  deps.onPhase('ready');
  fault('switch-ready');
  signal.throwIfAborted();
  const startedMs = clock.monotonicMs();
  let position: Position | null = null;
  try {
    // Whose answer may be lost: then the fence is up all the same.
    position = await pair[from].raiseFence(epoch, options.drainMsMax);
    deps.onPhase('fenced');
    fault('switch-fenced');
    // Not the caller's signal: an interrupt gives up in order, below.
    const deadline = AbortSignal.any([signal, deadlineIn(options.catchUpMsMax)]);
    await reach(pair, from, epoch, options, deadline);
    deps.onPhase('caught up');
    fault('switch-caught-up');
    const ids = await pair[from].nextIds();
    deadline.throwIfAborted();
    // DANGER: from here on the only way is forward.
    await pair[to].takeAuthority(epoch + 1, ids);
  } catch (error) {
    if (!(await hasTaken(pair, to, epoch, error))) {
      throw await backAgain(pair, epoch, error, options, deps);
    }
  }
  const pauseMs = clock.monotonicMs() - startedMs;
  deps.onPhase('taken');
  fault('switch-taken');
  await pair[from].yieldAuthority(epoch + 1);
  deps.onPhase('done');
  fault('switch-done');
  return { epoch: epoch + 1, changed: true, position, pauseMs };
}

/** The pause is as long as the backlog is at its beginning. */
async function approach(
  pair: Pair,
  { authority }: PairFacts,
  { to, applies, backlogMax, catchUpMsMax }: SwitchOptions,
  { clock, signal }: SwitchDeps,
): Promise<void> {
  const { store, epoch } = authority;
  const untilMs = clock.monotonicMs() + catchUpMsMax;
  for (;;) {
    signal.throwIfAborted();
    const { applied } = await pair[to].facts();
    if (applied?.epoch !== epoch) throw notFollowing(epoch);
    const set = await pair[store].readChanges(applied.position, epoch);
    if (set === null || (!set.hasMore && set.entries <= backlogMax && applied.isConsistent)) return;
    if (applies) await pair[to].apply(set);
    else {
      if (clock.monotonicMs() > untilMs) throw tooFarBehind(set.entries, backlogMax);
      await sleep(WAIT_MS);
    }
  }
}

const WAIT_MS = 5;

/** Resolves once the follower has all that the fenced authority ever logged. */
async function reach(
  pair: Pair,
  from: StoreKind,
  epoch: number,
  { to, applies }: SwitchOptions,
  deadline: AbortSignal,
): Promise<void> {
  for (;;) {
    deadline.throwIfAborted();
    const { applied } = await pair[to].facts();
    if (applied?.epoch !== epoch) throw notFollowing(epoch);
    if (applies) {
      await catchUp(pair[from], pair[to], applied.position, epoch, deadline);
      return;
    }
    if ((await pair[from].readChanges(applied.position, epoch)) === null) return;
    await sleep(WAIT_MS);
  }
}

/** The other side may have taken the authority although its answer was lost. */
async function hasTaken(pair: Pair, to: StoreKind, epoch: number, error: unknown) {
  const { authority } = await readPair(pair).catch(() => {
    throw leftFenced(error);
  });
  return authority.store === to && authority.epoch === epoch + 1;
}

/** Lets the writers in again; returns what is to be thrown. */
async function backAgain(
  pair: Pair,
  epoch: number,
  error: unknown,
  { catchUpMsMax }: SwitchOptions,
  { signal, fault }: SwitchDeps,
): Promise<unknown> {
  try {
    const facts = await readPair(pair);
    const isOurs = facts.authority.epoch === epoch && facts.unfinished === 'fenced';
    if (isOurs) await giveUp(pair, facts, fault);
    else await settle(pair, facts);
  } catch {
    return leftFenced(error);
  }
  if (signal.aborted) {
    return new CardctlError('interrupted', 'interrupted; writes go on where they were', {
      hint: 'run the same command again',
    });
  }
  if (!(error instanceof Error) || error.name !== 'TimeoutError') return error;
  return new CardctlError(
    'refused',
    `the follower did not catch up within ${catchUpMsMax} ms; writes go on where they were`,
    { hint: 'look at its lag: cardctl status   then run the same command again', cause: error },
  );
}

/** Nobody could be asked, so nobody knows: the next run will. */
function leftFenced(cause: unknown): CardctlError {
  return new CardctlError('partway', 'stopped while nobody may write, and a database is gone', {
    hint: 'once both databases answer again, run the same command again: it goes on or gives up',
    cause,
  });
}

function notFollowing(epoch: number): CardctlError {
  return new CardctlError('refused', `the follower knows nothing of epoch ${epoch}`, {
    hint: 'load it anew: cardctl migrate --follow --clean',
  });
}

function tooFarBehind(entries: number, backlogMax: number): CardctlError {
  return new CardctlError(
    'refused',
    `the follower is ${entries} changes behind, more than ${backlogMax}; nothing was changed`,
    { hint: 'is cardctl follow running? Wait until it has caught up: cardctl status --watch' },
  );
}
