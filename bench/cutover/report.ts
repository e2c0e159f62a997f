import type { Machine } from '../lib/machine.js';
import { markdownTable } from '../lib/markdown.js';
import type { ModeFindings } from './measure.js';
import type { Quantiles } from './quantiles.js';

/** On what, and when. */
export interface Conditions {
  date: string;
  command: string;
  machine: Machine;
  versions: Readonly<Record<string, string>>;
  source: { bytes: number; rows: number };
}

export interface Findings extends Conditions {
  perSecond: number;
  modes: ModeFindings[];
}

/** The findings as a section of docs/benchmarks.md. */
export function renderReport(findings: Findings): string {
  return `${[
    '## The live move',
    [
      ...conditionLines(findings),
      `- Writers: ${findings.perSecond} transactions/s, each an UPDATE and an INSERT, synchronous=FULL`,
    ].join('\n'),
    '### Against the goals',
    goals(findings),
    '### By journal mode of the source',
    details(findings),
    '### How it was measured',
    METHOD,
  ].join('\n\n')}\n`;
}

export function conditionLines({ date, command, machine, versions, source }: Conditions): string[] {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `- Run: ${date}, \`${command}\``,
    `- Machine: ${machine.cores} cores, ${machine.cpu}, ${machine.kernel}; load ${machine.load.toFixed(1)} before it began`,
    `- Versions: ${list.join(', ')}`,
    `- Source: ${source.rows.toLocaleString('en')} rows, ${Math.round(source.bytes / 1e6)} MB; Postgres on the same machine with its defaults, fsync on`,
  ];
}

interface Goal {
  figure: string;
  goal: string;
  of(mode: ModeFindings): string;
  isMet(mode: ModeFindings): boolean;
}

const GOALS: readonly Goal[] = [
  {
    figure: 'lag of follow, p50 / p99',
    goal: 'at most 10 / 100 ms',
    of: ({ lagMs }) => `${ms(lagMs.p50)} / ${ms(lagMs.p99)}`,
    isMet: ({ lagMs }) => lagMs.p50 <= 10 && lagMs.p99 <= 100,
  },
  {
    figure: 'a writer’s transaction with capture ÷ without, p50',
    goal: 'at most 1.5',
    of: ({ plainMs, capturedMs }) =>
      `${(capturedMs.p50 / plainMs.p50).toFixed(2)} (${ms(plainMs.p50)} → ${ms(capturedMs.p50)})`,
    isMet: ({ plainMs, capturedMs }) => capturedMs.p50 / plainMs.p50 <= 1.5,
  },
  {
    figure: 'catching up under the writer, rows/s',
    goal: 'at least 20,000',
    of: ({ catchUp }) => rate(catchUp),
    isMet: ({ catchUp }) => catchUp.rows / catchUp.seconds >= 20_000,
  },
  {
    figure: 'write pause of promote, p99',
    goal: 'under 500 ms',
    of: ({ promotePauseMs }) => ms(promotePauseMs.p99),
    isMet: ({ promotePauseMs }) => promotePauseMs.p99 < 500,
  },
  {
    figure: 'write pause of demote, p99',
    goal: 'under 500 ms',
    of: ({ demotePauseMs }) => ms(demotePauseMs.p99),
    isMet: ({ demotePauseMs }) => demotePauseMs.p99 < 500,
  },
];

function goals({ modes }: Findings): string {
  const rows = GOALS.map(({ figure, goal, of, isMet }) => [
    figure,
    goal,
    ...modes.map(of),
    modes.every(isMet) ? 'yes' : 'no',
  ]);
  return markdownTable(['figure', 'goal', ...modes.map(nameOf), 'met'], rows);
}

function details({ modes }: Findings): string {
  const rows = modes.flatMap((mode) => [
    row(mode, 'transaction of the writer alone, ms', mode.plainMs),
    row(mode, 'the same, captured and followed, ms', mode.capturedMs),
    row(mode, 'lag, ms', mode.lagMs),
    row(mode, 'pause of promote, ms', mode.promotePauseMs),
    row(mode, 'pause of demote, ms', mode.demotePauseMs),
  ]);
  const table = markdownTable(['', 'figure', 'count', 'p50', 'p99', 'max'], rows, {
    leftAligned: 2,
  });
  const loads = modes.map(
    (mode) =>
      `- ${nameOf(mode)}: \`migrate --follow\` under the writer had caught up after ${mode.loadSeconds.toFixed(1)} s; ${mode.catchUp.rows.toLocaleString('en')} rows of backlog took ${mode.catchUp.seconds.toFixed(1)} s, start of the process included`,
  );
  return [table, loads.join('\n')].join('\n\n');
}

function row(mode: ModeFindings, figure: string, { count, p50, p99, max }: Quantiles): string[] {
  return [nameOf(mode), figure, String(count), ...[p50, p99, max].map((value) => value.toFixed(1))];
}

function nameOf({ journalMode }: ModeFindings): string {
  return journalMode === 'wal' ? 'WAL' : 'rollback journal';
}

export function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function rate({ rows, seconds }: { rows: number; seconds: number }): string {
  return Math.round(rows / seconds).toLocaleString('en');
}

const METHOD = [
  '- Lag: the writer notes the wall time of each commit; a reader of the target asks for the highest id every millisecond. Both are on the same machine, by the same clock.',
  '- Pauses: what `promote` and `demote` say, from before the fence is raised until the other side takes writes, under writers on the side that is left. Every change is read back and compared before it is committed, after a full `verify`: the proof is complete when the authority moves.',
  '- Catching up: follow is stopped, one transaction inserts the backlog, follow is started again while the writer goes on; until the last of it is in the target.',
].join('\n');
