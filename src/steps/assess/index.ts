import { resolve } from 'node:path';
import { readHead } from '../../drivers/sqlite-head.js';
import { sameName } from '../../schema/names.js';
import { GZIP_LEVEL } from '../../snapshot/archive/gzip.js';
import { type Expected, expectedBackup, expectedLoad } from '../../snapshot/expected-seconds.js';
import {
  brokenChecksOf,
  brokenReferencesOf,
  type MeasuredPlan,
  planMeasured,
  uncheckedChecksOf,
} from '../../snapshot/measured-plan.js';
import type { MovePlan, MoveRules } from '../../snapshot/plan-move.js';
import { runInChild } from '../../snapshot/take/child.js';
import type { Snapshot } from '../../snapshot/take/index.js';
import { withPrivateSnapshot } from '../../snapshot/take/private.js';
import type { RecentUsersQuery } from '../../snapshot/take/recent-users.js';
import type { Sample } from '../../snapshot/take/sample.js';
import type { Deps } from '../step.js';
import type { Assessment, ExpectedTimes, Problem, SourceFacts } from './assessment.js';
import { describeTable } from './describe-table.js';
import { ACTIVITY_COLUMNS, PLAYERS_TABLE } from './game.js';
import { ACTIVE_WINDOW_S, readinessOf } from './readiness.js';

export type { Assessment } from './assessment.js';

/** A bot's clock may be this far ahead of ours, in whatever zone it stands: seconds. */
const CLOCK_AHEAD_S = 24 * 3_600;

export interface AssessOptions {
  sourcePath: string;
  /** Holds a snapshot while it is looked at; afterwards it is as it was. */
  workDir: string;
  rules: MoveRules;
  /** Milliseconds; see `SnapshotOptions`. */
  holdMsMax?: number | undefined;
  acceptHold?: boolean | undefined;
  /** Times later than a day from here are taken for mistakes; default: the clock's. */
  now?: Date | undefined;
}

/**
 * Looks at a source: what is in it, what would become of it, how long that takes, and whether it
 * is time. Changes nothing, neither the source nor the work directory.
 *
 * @throws CardctlError `source`, `refused` (the hold), `target` (the work directory), `interrupted`
 */
export async function assess(options: AssessOptions, deps: Deps): Promise<Assessment> {
  const { report, clock, signal } = deps;
  const sourcePath = resolve(options.sourcePath);
  // Before anything is open here: a snapshot that SQLite made bears SQLite's own version.
  const sqliteVersion = sqliteVersionOf(sourcePath);
  const now = options.now ?? clock.now();
  return withPrivateSnapshot(
    { ...options, sourcePath, report, clock, signal },
    async (snapshot) => {
      const sample = await runInChild(
        'sample',
        { sourcePath: snapshot.path, level: GZIP_LEVEL },
        { report, signal },
      );
      const { rules } = options;
      const measured = await planMeasured(snapshot.path, {
        rules,
        recent: activityUntil(now),
        report,
        clock,
        signal,
      });
      const source = factsOf(sourcePath, sqliteVersion, snapshot, measured.plan);
      return describe(source, snapshot, sample, measured);
    },
  );
}

function activityUntil(now: Date): RecentUsersQuery {
  return {
    columns: ACTIVITY_COLUMNS,
    windowS: ACTIVE_WINDOW_S,
    notAfterS: now.getTime() / 1_000 + CLOCK_AHEAD_S,
  };
}

/** `3.40.1` for 3040001, offset 96 of the header. */
function sqliteVersionOf(sourcePath: string): string | null {
  const head = readHead(sourcePath);
  if (head === undefined || head.bytes.length < 100) return null;
  const number = head.bytes.readUInt32BE(96);
  if (number < 3_000_000) return null;
  return `${Math.floor(number / 1e6)}.${Math.floor(number / 1e3) % 1e3}.${number % 1e3}`;
}

function factsOf(
  path: string,
  sqliteVersion: string | null,
  { bytes, pageSize, pageCount, journalMode }: Snapshot,
  { schema, tables }: MovePlan,
): SourceFacts {
  return {
    path,
    bytes,
    pageSize,
    pageCount,
    journalMode,
    encoding: schema.encoding,
    sqliteVersion,
    tables: tables.length,
    rows: tables.reduce((sum, { plan }) => sum + plan.rows, 0),
  };
}

function describe(
  source: SourceFacts,
  snapshot: Snapshot,
  sample: Sample,
  { plan, survey, readSeconds }: MeasuredPlan,
): Assessment {
  const players = plan.tables.find((table) => sameName(table.plan.source.name, PLAYERS_TABLE));
  return {
    source,
    readiness: readinessOf({
      users: players?.plan.rows ?? null,
      recent: survey.recent,
      bytes: source.bytes,
    }),
    expected: expectedTimes(snapshot, sample, readSeconds),
    canMigrate: plan.problems.length === 0 && plan.tables.length > 0,
    problems: plan.problems.map(problemOf),
    notMoved: plan.untranslated,
    brokenForeignKeys: brokenReferencesOf(plan.schema, survey),
    uncheckedForeignKeys: survey.references.unchecked,
    brokenChecks: brokenChecksOf(plan.schema, survey),
    uncheckedChecks: uncheckedChecksOf(plan.schema, survey),
    tablesWithoutKey: tablesWithoutKey(plan),
    tables: plan.tables.map((table) => describeTable(table, survey.bytes)),
  };
}

function expectedTimes(snapshot: Snapshot, sample: Sample, readSeconds: number): ExpectedTimes {
  return {
    writersHeld: expectedHold(snapshot),
    backup: expectedBackup(sample, { snapshotSeconds: snapshot.seconds }),
    load: expectedLoad(readSeconds),
    backupBytes: Math.round(sample.bytes * sample.compressRatio),
  };
}

function expectedHold({ journalMode, holdMs }: Snapshot): Expected {
  return {
    seconds: holdMs / 1_000,
    basis:
      journalMode === 'wal'
        ? 'in WAL mode a reader holds nobody'
        : 'measured: so long they were held for the snapshot of this assessment',
  };
}

function problemOf({ table, column, kind, count, message, keys, choices }: Problem): Problem {
  return { table, column, kind, count, message, keys, choices };
}

/** By the target: a primary key that holds NULLs is none there. */
function tablesWithoutKey({ tables, ddl }: MovePlan): string[] {
  const keyed = ddl.keys.filter(({ kind }) => kind === 'primary key').map(({ table }) => table);
  return tables
    .filter(({ plan }) => !keyed.includes(plan.targetName))
    .map(({ plan }) => plan.source.name);
}
