import type { Stack } from '../../edge/config.js';
import type { StoreKind } from '../../sync/authority.js';
import type { Unfinished } from '../../sync/pair.js';
import type { StepJournal } from '../run.js';
import type { Deps } from '../step.js';

/** What a cutover is to do, decided before it begins. */
export interface CutoverPlan {
  /** Percent of the traffic to the fleet, rising to 100. */
  readonly steps: readonly number[];
  /** One of `steps`: behind it the authority moves to Postgres. */
  readonly promoteAfter: number;
}

/** Where the move stands, by what databases, edge and backups say; not by what was meant. */
export interface Standing {
  /** The target is a copy that follows the source, or is followed by it. */
  readonly isLinked: boolean;
  /** A process applies changes now. */
  readonly isFollowed: boolean;
  /** Both sides were found equal in every value, and every change since was compared. */
  readonly isProven: boolean;
  /** Of the newest verified backup of the source, hours; null when there is none. */
  readonly backupAgeHours: number | null;
  readonly authority: StoreKind;
  readonly epoch: number;
  readonly unfinished: Unfinished | null;
  /** The fleet's share of the traffic by the upstream file. */
  readonly percent: number;
  /** False while that file is a change that was cut short. */
  readonly isSettled: boolean;
}

/** What all gates of a step said, with their numbers. */
export interface Decision {
  verdict: 'pass' | 'hold' | 'fail';
  reason: string;
  verdicts: readonly {
    gate: string;
    verdict: 'pass' | 'hold' | 'fail';
    reason: string;
    value: number | null;
    limit: number;
    unit: string;
    samples: number | null;
  }[];
  seconds: number;
}

/** The outcome of one piece of work: a clause, and its numbers for the journal. */
export interface Done {
  outcome: string;
  facts?: Record<string, unknown>;
}

/** What a cutover is made of. Each is what the command of that name does. */
export interface CutoverWork {
  look(): Promise<Standing>;
  /** @throws CardctlError `refused` when there is something that cannot be moved */
  assess(): Promise<Done>;
  backUp(): Promise<Done>;
  /** Loads the target and links it; goes on with a load that was begun. */
  migrate(): Promise<Done>;
  /** Starts a process that follows and outlives this one. */
  startFollow(): Promise<Done>;
  /** @throws CardctlError `refused` when the two sides differ */
  verify(): Promise<Done>;
  /** Null without a cache. */
  warm: (() => Promise<Done>) | null;
  /**
   * Waits for the bots of the given stacks. Returns what is missing, null when all are ready.
   */
  untilReady(stacks: readonly Stack[]): Promise<string | null>;
  /** @throws CardctlError as `cardctl shift` does */
  shift(percent: number): Promise<Done>;
  /**
   * Watches the gates until they have decided, or the time for that is over.
   *
   * @param title of the step, for what it reports
   */
  measure(standing: Standing, title: string): Promise<Decision>;
  /** @throws CardctlError as `cardctl promote` and `cardctl demote` do */
  switchTo(store: StoreKind): Promise<Done & { epoch: number; isFollowed: boolean }>;
  /** @throws CardctlError `usage` when something is not configured without which it cannot work */
  check(): Promise<void>;
}

/** One run of cutover. */
export interface Cutover extends Deps {
  readonly plan: CutoverPlan;
  readonly work: CutoverWork;
  readonly journal: StepJournal;
  standing: Standing;
  /** The numbers of the step under way. */
  facts: Record<string, unknown> | undefined;
  /** Set by what has to be waited for: the run then ends where it is. */
  held: Decision | null;
}

/** Notes what a step has changed. */
export function nowStands(cutover: Cutover, changed: Partial<Standing>): void {
  cutover.standing = { ...cutover.standing, ...changed };
}

/** Ends the run where it is, since something is missing. Returns the outcome of the step. */
export function holdFor(cutover: Cutover, missing: string): string {
  cutover.held = { verdict: 'hold', reason: missing, verdicts: [], seconds: 0 };
  return `hold: ${missing}`;
}

/** Keeps the numbers of some work for the journal, and returns its outcome. */
export function noted(cutover: Cutover, { outcome, facts }: Done): string {
  cutover.facts = facts;
  return outcome;
}
