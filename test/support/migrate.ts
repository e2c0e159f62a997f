import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Rules } from '../../fixtures/hard-cases/hard-case.js';
import { openTarget } from '../../src/drivers/postgres.js';
import { systemClock } from '../../src/lib/clock.js';
import type { ReportEvent } from '../../src/lib/report.js';
import type { ColumnRule } from '../../src/schema/model.js';
import type { MoveRules } from '../../src/snapshot/plan-move.js';
import type { MigrateOptions, Migration } from '../../src/steps/context.js';
import { migrateSteps } from '../../src/steps/index.js';
import { runSteps, type StepJournal } from '../../src/steps/run.js';

export interface MigrateInProcess {
  sourcePath: string;
  targetUrl: string;
  workDir: string;
  rules?: Rules | undefined;
  options?: Partial<MigrateOptions> | undefined;
}

/** A migrate that was run, and what it said and found on the way. */
export interface MigrateRun {
  migration: Migration;
  events: ReportEvent[];
  rejectFile: string;
}

const NO_JOURNAL: StepJournal = { stepStarted() {}, stepDone() {}, stepFailed() {} };

/**
 * Runs the steps of a migrate in this process, and hands over what they leave in their context.
 *
 * @throws CardctlError whatever a step throws
 */
export async function migrateInProcess(request: MigrateInProcess): Promise<MigrateRun> {
  const { sourcePath, targetUrl, workDir } = request;
  const events: ReportEvent[] = [];
  const target = openTarget(targetUrl);
  const run = 'test-run';
  mkdirSync(join(workDir, 'snapshots'), { recursive: true });
  const migration: Migration = {
    report: (event) => void events.push(event),
    clock: systemClock,
    signal: new AbortController().signal,
    run,
    sourcePath,
    workDir,
    snapshotPath: join(workDir, 'snapshots', `${run}.db`),
    target,
    prepareSource: async () => undefined,
    options: { ...OPTIONS, rules: moveRules(request.rules), ...request.options },
    plan: null,
    loaded: [],
    brokenForeignKeys: [],
    brokenChecks: [],
    verified: null,
  };
  try {
    await runSteps(migrateSteps, migration, migration, NO_JOURNAL);
  } finally {
    await target.close();
  }
  return { migration, events, rejectFile: join(workDir, 'rejects', `${run}.ndjson`) };
}

const OPTIONS: Omit<MigrateOptions, 'rules'> = {
  jobs: 2,
  brokenForeignKeys: 'omit',
  brokenChecks: 'omit',
  resume: false,
  clean: false,
  confirmClean: async () => false,
  verify: true,
  holdMsMax: 60_000,
  acceptHold: false,
  follow: false,
};

/** The rules of a hard case as the engine takes them. */
export function moveRules({ types = {}, onBadValue = {}, onBadRow }: Rules = {}): MoveRules {
  const columns = new Map<string, ColumnRule>();
  for (const [name, type] of Object.entries(types)) columns.set(name, { type });
  for (const [name, onBad] of Object.entries(onBadValue)) {
    columns.set(name, { ...columns.get(name), onBadValue: onBad });
  }
  return { columns, skip: new Set(), onBadRow: onBadRow ?? 'fail' };
}
