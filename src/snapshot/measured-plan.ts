import type { Clock } from '../lib/clock.js';
import type { Report } from '../lib/report.js';
import type { SourceSchema } from '../schema/model.js';
import { targetNames } from '../schema/target-names.js';
import { type MovePlan, type MoveRules, planMove } from './plan-move.js';
import { runInChild } from './take/child.js';
import type { RecentUsersQuery } from './take/recent-users.js';
import type { Survey } from './take/survey.js';

const STEP = 'census';

export interface MeasuredPlan {
  plan: MovePlan;
  survey: Survey;
  /** Time of one pass over every row, seconds. */
  readSeconds: number;
  /** Time of all of it, seconds. */
  seconds: number;
}

interface MeasureOptions {
  rules: MoveRules;
  recent: RecentUsersQuery | null;
  report: Report;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Plans a move and measures how fast the rows can be read, while another process asks SQLite what
 * only SQLite knows. When either fails, the other is stopped and waited for.
 */
export async function planMeasured(
  snapshotPath: string,
  { rules, recent, report, clock, signal: outer }: MeasureOptions,
): Promise<MeasuredPlan> {
  const startedMs = clock.monotonicMs();
  const secondsSince = () => (clock.monotonicMs() - startedMs) / 1_000;
  report({ type: 'step', step: STEP, state: 'started' });
  const either = new AbortController();
  const signal = AbortSignal.any([either.signal, outer]);
  let done = 0;
  let readSeconds = 0;
  const onPages = (pages: number, total: number) => {
    done += pages;
    readSeconds = secondsSince();
    report({ type: 'progress', step: STEP, task: 'pages', unit: 'pages', done, total });
  };
  const tasks = [
    planMove(snapshotPath, { rules, signal, onPages }),
    runInChild('survey', { path: snapshotPath, recent }, { report, signal }),
  ] as const;
  try {
    const [plan, survey] = await Promise.all(tasks);
    const seconds = secondsSince();
    const rows = plan.tables.reduce((sum, table) => sum + table.plan.rows, 0);
    const detail = `${plan.tables.length} tables, ${rows.toLocaleString('en-US')} rows`;
    report({ type: 'step', step: STEP, state: 'done', seconds, detail });
    return { plan, survey, readSeconds, seconds };
  } catch (error) {
    report({ type: 'step', step: STEP, state: 'failed', seconds: secondsSince() });
    either.abort();
    await Promise.allSettled(tasks);
    throw error;
  }
}

/** A foreign key that rows of the source break. */
export interface BrokenReference {
  table: string;
  columns: string[];
  parentTable: string;
  parentColumns: string[];
  /** What the constraint is called in the target. */
  name: string;
  orphans: number;
  /** Keys of the first few. */
  keys: string[];
}

/** The orphans that a survey found, with what the foreign keys say. */
export function brokenReferencesOf(schema: SourceSchema, survey: Survey): BrokenReference[] {
  const names = targetNames(schema);
  return survey.references.orphans.flatMap(({ table, number, count, keys }) => {
    const key = schema.tables.find(({ name }) => name === table)?.foreignKeys[number];
    if (key === undefined) return [];
    const { columns, parentTable, parentColumns } = key;
    const name = names.foreignKey(table, number);
    return [{ table, columns, parentTable, parentColumns, name, orphans: count, keys }];
  });
}

/** A check that rows of the source break. */
export interface BrokenCheck {
  table: string;
  /** What the constraint is called in the target. */
  name: string;
  /** As the source has it. */
  sql: string;
  rows: number;
  /** Keys of the first few. */
  keys: string[];
}

/** The broken checks that a survey found, with what they say. */
export function brokenChecksOf(schema: SourceSchema, survey: Survey): BrokenCheck[] {
  return survey.checks.broken.map(({ table, number, count, keys }) => ({
    table,
    ...checkOf(schema, table, number),
    rows: count,
    keys,
  }));
}

/** A check that SQLite cannot evaluate without the application. */
export interface UncheckedCheck {
  table: string;
  name: string;
  sql: string;
  reason: string;
}

/** The checks that a survey could not look at. */
export function uncheckedChecksOf(schema: SourceSchema, survey: Survey): UncheckedCheck[] {
  return survey.checks.unchecked.map(({ table, number, reason }) => ({
    table,
    ...checkOf(schema, table, number),
    reason,
  }));
}

function checkOf(schema: SourceSchema, table: string, number: number) {
  const sql = schema.tables.find(({ name }) => name === table)?.checks[number]?.sql ?? '';
  return { name: targetNames(schema).check(table, number), sql };
}
