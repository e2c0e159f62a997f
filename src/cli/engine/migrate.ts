import { existsSync } from 'node:fs';
import type { Target } from '../../drivers/postgres.js';
import type { RunRecord } from '../../journal/journal.js';
import { CardctlError } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import type {
  BrokenForeignKey,
  BrokenRule,
  LoadedTable,
  MigrateOptions,
  Migration,
  VerifyResult,
} from '../../steps/context.js';
import { migrateAndFollowSteps, migrateSteps } from '../../steps/index.js';
import { holdTarget } from '../../steps/migrate/hold.js';
import { readMigrationRecord } from '../../steps/migrate/scaffolding.js';
import { runSteps } from '../../steps/run.js';
import type { Deps } from '../../steps/step.js';
import { migrateSnapshot, removeSnapshot } from './snapshots.js';
import { refuseUselessSource } from './source.js';
import { openConfiguredTarget } from './target.js';

export interface MigrateRequest {
  sourcePath: string;
  /** Null: the embedded Postgres of the work directory. */
  targetUrl: string | null;
  workDir: string;
  options: MigrateOptions;
  /** Makes the tables that the bots need in the source; only with `follow`. */
  prepareSource: () => Promise<void>;
  journal: RunRecord;
}

export interface MigrateReport {
  /** With the password when it is the embedded one. */
  targetUrl: string;
  isEmbedded: boolean;
  tables: LoadedTable[];
  brokenForeignKeys: BrokenForeignKey[];
  brokenChecks: BrokenRule[];
  verified: VerifyResult | null;
  phases: { phase: string; seconds: number }[];
  seconds: number;
}

/**
 * Runs a migrate: opens both sides, runs the steps, closes in reverse.
 *
 * @throws CardctlError whatever a step throws
 */
export async function migrate(request: MigrateRequest, deps: Deps): Promise<MigrateReport> {
  const { workDir, options, journal } = request;
  const startedMs = deps.clock.monotonicMs();
  // A resumed run has its snapshot, and may find that the source has moved on.
  if (!options.resume) refuseUselessSource(request.sourcePath);
  const { target, url, isEmbedded } = await openConfiguredTarget(
    request.targetUrl,
    workDir,
    deps.signal,
  );
  try {
    const release = await holdTarget(target);
    const resumed = options.resume ? await runToResume(target, workDir) : null;
    const run = resumed ?? journal.id;
    const phases: MigrateReport['phases'] = [];
    const migration: Migration = {
      ...deps,
      report: notingPhases(deps.report, phases),
      run,
      sourcePath: request.sourcePath,
      workDir,
      snapshotPath: migrateSnapshot(workDir, run),
      target,
      prepareSource: request.prepareSource,
      options,
      plan: null,
      loaded: [],
      brokenForeignKeys: [],
      brokenChecks: [],
      verified: null,
    };
    try {
      const steps = options.follow ? migrateAndFollowSteps : migrateSteps;
      await runSteps(steps, migration, migration, journal, resumed !== null);
    } catch (error) {
      if (resumed === null && !isPartway(error)) removeSnapshot(migration.snapshotPath);
      throw error;
    }
    removeSnapshot(migration.snapshotPath);
    await release();
    return {
      targetUrl: url,
      isEmbedded,
      tables: migration.loaded,
      brokenForeignKeys: migration.brokenForeignKeys,
      brokenChecks: migration.brokenChecks,
      verified: migration.verified,
      phases,
      seconds: (deps.clock.monotonicMs() - startedMs) / 1000,
    };
  } finally {
    await target.close();
  }
}

function isPartway(error: unknown): boolean {
  return error instanceof CardctlError && error.code === 'partway';
}

/** The run whose load the target holds half; null when the target holds nothing of ours. */
async function runToResume(target: Target, workDir: string): Promise<string | null> {
  const client = await target.connect();
  const record = await readMigrationRecord(client)
    .catch((error: unknown) => Promise.reject(target.explain(error)))
    .finally(() => client.end());
  if (record === null) return null;
  if (existsSync(migrateSnapshot(workDir, record.run))) return record.run;
  if (record.loaded) {
    throw new CardctlError('refused', 'there is nothing to resume: the load was finished', {
      hint: 'compare both sides with: cardctl verify   or load anew with: cardctl migrate --clean',
    });
  }
  throw new CardctlError(
    'refused',
    `the snapshot of run ${record.run} is not in ${workDir}: its load cannot go on`,
    { hint: 'give the --work-dir of that run, or load anew with: cardctl migrate --clean' },
  );
}

function notingPhases(report: Report, phases: MigrateReport['phases']): Report {
  return (event) => {
    if (event.type === 'step' && event.state === 'done' && event.seconds !== undefined) {
      phases.push({ phase: event.step, seconds: event.seconds });
    }
    report(event);
  };
}
