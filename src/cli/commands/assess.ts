import { Command } from 'commander';
import type { MoveRules } from '../../snapshot/plan-move.js';
import type { Deps } from '../../steps/step.js';
import { type App, action } from '../app.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Invocation, Outcome, Run } from '../invocation.js';
import { formatBytes, formatCount, formatSeconds } from '../render/format.js';
import { requireSource } from '../require-source.js';

export interface AssessOptions {
  sourcePath: string;
  workDir: string;
  rules: MoveRules;
}

export interface AssessedColumn {
  column: string;
  declaredType: string;
  type: string;
  why: string;
  /** One clause on what was found: storage classes, range, shapes of dates. */
  census: string;
}

export interface AssessedTable {
  table: string;
  rows: number;
  columns: AssessedColumn[];
}

export interface AssessReport {
  sourcePath: string;
  bytes: number;
  journalMode: 'rollback' | 'wal';
  tables: AssessedTable[];
  /** What cannot be moved as it is, one sentence each. A move would be refused. */
  problems: string[];
  /** What is left out of a move, one sentence each. */
  leftOut: string[];
  backupSecondsEstimate: number;
  copySecondsEstimate: number;
  holdMsEstimate: number;
  /** The guide's thresholds. */
  verdict: {
    verdict: 'not yet' | 'plan' | 'start';
    usersTotal: number | null;
    usersActive: number | null;
    reasons: string[];
  };
}

export interface AssessEngine {
  assess(options: AssessOptions, deps: Deps): Promise<AssessReport>;
}

interface AssessFlags {
  source?: string;
}

/** `cardctl assess` */
export function assessCommand(app: App, load: () => Promise<AssessEngine>): Command {
  return new Command('assess')
    .description('look at the source: what would move, how, how long it takes, whether it is time')
    .option('--source <file>', 'the SQLite database')
    .action(action(app, runWith(load)));
}

function runWith(load: () => Promise<AssessEngine>): Run<AssessFlags> {
  return async (invocation, flags) => {
    const config = await invocation.config({ source: flags.source });
    const sourcePath = requireSource(config, 'assess');
    const { moveRules } = await import('../config/move-rules.js');
    const { assess } = await load();
    const options = { sourcePath, workDir: config.workDir, rules: moveRules(config) };
    return reported(await assess(options, invocation), invocation);
  };
}

async function reported(report: AssessReport, { output }: Invocation): Promise<Outcome> {
  const { formatTable } = await import('../render/table.js');
  const rows = report.tables.flatMap(({ table, rows: count, columns }) =>
    columns.map((it, index) => [
      index === 0 ? table : '',
      index === 0 ? formatCount(count) : '',
      it.column,
      it.declaredType,
      it.type,
      it.why,
      it.census,
    ]),
  );
  const head = ['table', 'rows', 'column', 'declared', 'target type', 'why', 'values'];
  return {
    result: report,
    text: [
      ...overview(report),
      '',
      formatTable(head, rows, { rightAligned: [1], color: output.colorData }),
      ...listed('cannot be moved as it is:', report.problems),
      ...listed('will be left out:', report.leftOut),
      '',
      `verdict: ${report.verdict.verdict}`,
      ...report.verdict.reasons.map((reason) => `  ${reason}`),
    ].join('\n'),
    exitCode: report.problems.length > 0 ? EXIT_CODES.refused : EXIT_CODES.done,
  };
}

function overview(report: AssessReport): string[] {
  const total = report.tables.reduce((sum, { rows }) => sum + rows, 0);
  const hold = formatSeconds(report.holdMsEstimate / 1_000);
  return [
    `source         ${report.sourcePath}`,
    `size           ${formatBytes(report.bytes)}, ${formatCount(total)} rows in ${formatCount(report.tables.length)} tables`,
    `journal mode   ${report.journalMode === 'wal' ? 'WAL' : 'rollback journal'}`,
    `backup         about ${formatSeconds(report.backupSecondsEstimate)}, writers held about ${hold}`,
    `copy           about ${formatSeconds(report.copySecondsEstimate)}`,
  ];
}

function listed(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', title, ...items.map((item) => `  ${item}`)];
}
