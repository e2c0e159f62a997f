import { resolve } from 'node:path';
import type { JournalMode } from '../../drivers/sqlite.js';
import type { CheckDdl } from '../../schema/emit.js';
import type { Untranslated } from '../../schema/model.js';
import { type Expected, expectedLoad } from '../../snapshot/expected-seconds.js';
import {
  brokenReferencesOf,
  type MeasuredPlan,
  planMeasured,
} from '../../snapshot/measured-plan.js';
import type { MovePlan, PlannedTable } from '../../snapshot/plan-move.js';
import type { Snapshot } from '../../snapshot/take/index.js';
import { withPrivateSnapshot } from '../../snapshot/take/private.js';
import type { BrokenForeignKey, MigrateOptions } from '../context.js';
import type { Deps } from '../step.js';
import { doesNotFit } from './census.js';
import { CHUNK_UNITS } from './copy-chunk.js';

export interface DryRunOptions
  extends Pick<MigrateOptions, 'rules' | 'brokenForeignKeys'>,
    Partial<Pick<MigrateOptions, 'holdMsMax' | 'acceptHold'>> {
  sourcePath: string;
  workDir: string;
}

/** What migrate would do, in the order in which it would. Plain data, fit for JSON. */
export interface DryRun {
  sourcePath: string;
  bytes: number;
  journalMode: JournalMode;
  rows: number;
  statements: Statement[];
  tables: TableToMove[];
  untranslated: Untranslated[];
  brokenForeignKeys: BrokenForeignKey[];
  /** Tables whose foreign keys SQLite itself cannot check. */
  uncheckedForeignKeys: { table: string; reason: string }[];
  expected: {
    /** How long the bot's writes wait for the snapshot. */
    writersHeld: Expected;
    snapshot: Expected;
    census: Expected;
    load: Expected;
    /** All of it but verify. */
    seconds: number;
  };
}

/** One statement of the DDL. */
export interface Statement {
  phase: 'table' | 'key' | 'index' | 'check' | 'foreign key' | 'sequence';
  table: string;
  sql: string;
}

export interface TableToMove {
  table: string;
  targetName: string;
  rows: number;
  /** Rows that are left out because the configuration says so. */
  rejectedRows: number;
  pages: number;
  chunks: number;
  columns: { column: string; targetName: string; type: string; why: string }[];
  /** Names of the primary key and the unique constraints. */
  keys: string[];
  indexes: string[];
  foreignKeys: string[];
  /** What the next id will be, as text; null when there is none to keep. */
  nextId: string | null;
}

/**
 * Says what a one-shot migrate would do. Needs no target and touches nothing: the snapshot that it
 * reads is its own and is removed again.
 *
 * @throws CardctlError `refused` as migrate would be; `source`, `target` (the work directory),
 *   `interrupted`
 */
export async function planMigration(options: DryRunOptions, deps: Deps): Promise<DryRun> {
  const sourcePath = resolve(options.sourcePath);
  const { rules } = options;
  return withPrivateSnapshot({ ...options, ...deps, sourcePath }, async (snapshot) => {
    const measured = await planMeasured(snapshot.path, { ...deps, rules, recent: null });
    const { plan, survey } = measured;
    if (plan.problems.length > 0) throw doesNotFit(plan.problems);
    const tables = plan.tables.map((table) => tableToMove(table, plan));
    return {
      sourcePath,
      bytes: snapshot.bytes,
      journalMode: snapshot.journalMode,
      rows: tables.reduce((sum, { rows, rejectedRows }) => sum + rows - rejectedRows, 0),
      statements: statementsOf(plan),
      tables,
      untranslated: plan.untranslated,
      brokenForeignKeys: brokenForeignKeys(measured, options.brokenForeignKeys),
      uncheckedForeignKeys: survey.references.unchecked,
      expected: expectedOf(snapshot, measured),
    };
  });
}

/** In the order of the load: what needs rows to be there comes behind the tables. */
function statementsOf({ ddl }: MovePlan): Statement[] {
  return [
    ...ddl.tables.map(({ table, sql }): Statement => ({ phase: 'table', table, sql })),
    ...ddl.keys.flatMap(({ table, indexSql, sql }): Statement[] => [
      { phase: 'key', table, sql: indexSql },
      { phase: 'key', table, sql },
    ]),
    ...ddl.indexes.map(({ table, sql }): Statement => ({ phase: 'index', table, sql })),
    ...ddl.checks.flatMap((check) => validated('check', check)),
    ...ddl.foreignKeys.flatMap((key) => validated('foreign key', key)),
    ...ddl.sequences.map(({ table, sql }): Statement => ({ phase: 'sequence', table, sql })),
  ];
}

function validated(
  phase: Statement['phase'],
  { table, addSql, validateSql }: CheckDdl,
): Statement[] {
  return [addSql, validateSql].map((sql) => ({ phase, table, sql }));
}

function tableToMove({ plan, units, rejectedRows }: PlannedTable, { ddl }: MovePlan): TableToMove {
  const namesIn = (parts: readonly { table: string; name: string }[]) =>
    parts.filter(({ table }) => table === plan.targetName).map(({ name }) => name);
  return {
    table: plan.source.name,
    targetName: plan.targetName,
    rows: plan.rows,
    rejectedRows,
    pages: units.pages.length,
    chunks: Math.ceil(units.pages.length / CHUNK_UNITS),
    columns: plan.columns.map(({ source, targetName, type, why }) => ({
      column: source.name,
      targetName,
      type,
      why,
    })),
    keys: namesIn(ddl.keys),
    indexes: namesIn(ddl.indexes),
    foreignKeys: namesIn(ddl.foreignKeys),
    nextId: plan.identity?.nextValue.toString() ?? null,
  };
}

/** Those that would be made and then be found broken. One that is not made is untranslated. */
function brokenForeignKeys(
  { plan, survey }: MeasuredPlan,
  choice: MigrateOptions['brokenForeignKeys'],
): BrokenForeignKey[] {
  const outcome = choice === 'omit' ? 'left out' : 'not validated';
  const made = new Set(plan.ddl.foreignKeys.map(({ table, name }) => `${table}\0${name}`));
  const targetOf = new Map(
    plan.tables.map((each) => [each.plan.source.name, each.plan.targetName]),
  );
  return brokenReferencesOf(plan.schema, survey)
    .map(({ table, name, orphans, keys }) => ({
      table: targetOf.get(table) ?? table,
      name,
      orphans,
      examples: keys,
      outcome,
    }))
    .filter(({ table, name }) => made.has(`${table}\0${name}`)) as BrokenForeignKey[];
}

function expectedOf(snapshot: Snapshot, { readSeconds, seconds }: MeasuredPlan) {
  const load = expectedLoad(readSeconds);
  const measured = (value: number): Expected => ({
    seconds: value,
    basis: 'measured in this dry run',
  });
  return {
    writersHeld: measured(snapshot.holdMs / 1_000),
    snapshot: measured(snapshot.seconds),
    census: measured(seconds),
    load,
    seconds: snapshot.seconds + seconds + load.seconds,
  };
}
