import type { Target } from '../drivers/postgres.js';
import type { CountedAhead } from '../snapshot/counted-ahead.js';
import type { MovePlan, MoveRules } from '../snapshot/plan-move.js';
import type { Deps } from './step.js';

export interface MigrateOptions {
  /** Connections that load at the same time. */
  jobs: number;
  rules: MoveRules;
  brokenForeignKeys: 'omit' | 'not-valid';
  brokenChecks: 'omit' | 'not-valid';
  /** Go on with the run that stopped. */
  resume: boolean;
  /** Drop what the target holds first. */
  clean: boolean;
  /** Asked with the names of what `clean` drops; false stops the run. */
  confirmClean: (names: string[]) => Promise<boolean>;
  verify: boolean;
  /** Have the source log its changes, and make the target a follower. */
  follow: boolean;
  /** Longest time writers of a rollback-journal source may be held, milliseconds. */
  holdMsMax: number;
  acceptHold: boolean;
}

/** One run of migrate. What a step makes is here for those behind it. */
export interface Migration extends Deps {
  /** Id of this run; a resumed run keeps the id of the one that stopped. */
  readonly run: string;
  readonly sourcePath: string;
  readonly workDir: string;
  /** Where the snapshot is, or will be once its step is done. */
  readonly snapshotPath: string;
  readonly target: Target;
  /** Makes the tables that the bots need in the source, so that they are followed, too. */
  readonly prepareSource: () => Promise<void>;
  readonly options: MigrateOptions;
  /** What the snapshot's step has counted for the census. */
  ahead?: CountedAhead;
  plan: MovePlan | null;
  /** Filled by the load. */
  loaded: LoadedTable[];
  /** Foreign keys that the data breaks, and what was done about each. */
  brokenForeignKeys: BrokenForeignKey[];
  /** The same for checks. */
  brokenChecks: BrokenRule[];
  verified: VerifyResult | null;
}

export interface LoadedTable {
  table: string;
  rows: number;
  bytes: number;
  /** Wall time from the first chunk's start to the last chunk's end. */
  copySeconds: number;
  indexSeconds: number;
}

export interface BrokenRule {
  table: string;
  name: string;
  /** Rows that break it. */
  rows: number;
  /** The keys of the first few, as text. */
  examples: string[];
  outcome: 'left out' | 'not validated';
}

export interface BrokenForeignKey extends Omit<BrokenRule, 'rows'> {
  orphans: number;
}

/** One thing that is not the same on both sides. */
export interface Difference {
  table: string;
  /** As `column=literal, …`. */
  key: string;
  kind: 'different value' | 'missing in target' | 'extra in target';
  /** What names the row in a change log, as the target writes it; while the target follows. */
  rowKey?: string[];
  /** For `different value`. */
  column?: string;
  source?: string;
  target?: string;
}

export interface TableComparison {
  table: string;
  rows: number;
  /** Source rows that were left out on request, and so are not expected in the target. */
  rejected: number;
  differences: number;
}

export interface VerifyResult {
  equal: boolean;
  tables: TableComparison[];
  /** The first `limit` differences. */
  differences: Difference[];
  differencesTotal: number;
}

/** The plan, for steps that run behind the census. */
export function planOf(migration: Migration): MovePlan {
  if (migration.plan === null) throw new Error('the census has not run');
  return migration.plan;
}
