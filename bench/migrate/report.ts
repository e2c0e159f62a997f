import type { Machine } from '../lib/machine.js';
import { markdownTable } from '../lib/markdown.js';
import type { Source } from '../lib/source.js';
import { spreadOf } from '../lib/spread.js';
import { MIGRATE, VERIFY } from './contenders/cardctl.js';
import { FLOOR } from './contenders/floor.js';
import { COMMAND_FILE, PGLOADER } from './contenders/pgloader.js';
import { goalRows } from './goals.js';
import type { Measured } from './measure.js';
import type { MemoryFigure } from './memory.js';
import type { Phase, Timing } from './timing.js';

/** All that one run of the bench found out. */
export interface Findings {
  date: string;
  command: string;
  machine: Machine;
  /** Share of the CPU time that the host gave to others during the run. */
  stolenShare: number;
  versions: Readonly<Record<string, string>>;
  settings: Readonly<Record<string, string>>;
  source: Source;
  rounds: number;
  measured: Measured;
  memory: readonly MemoryFigure[];
  helpMs: readonly number[];
}

/** The findings as a section of docs/benchmarks.md. No path of this machine is in it. */
export function renderReport(findings: Findings): string {
  const parts = [
    '## A game database into Postgres',
    conditions(findings),
    ...titled('### Against the goals', goals(findings)),
    ...titled('### Seconds from start to end', seconds(findings)),
    ...titled('### Seconds by phase', phases(findings)),
    ...titled('### CPU seconds', cpu(findings)),
    ...titled('### What each left in Postgres', inventories(findings)),
    ...titled('### Peak memory without Postgres', memory(findings)),
    ...titled('### `cardctl --help`', help(findings)),
    '### How it was measured',
    method(findings),
  ];
  return `${parts.join('\n\n')}\n`;
}

function titled(title: string, body: string): string[] {
  return body === '' ? [] : [title, body];
}

function conditions({ date, command, machine, stolenShare, versions, source, ...rest }: Findings) {
  const versionList = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const settingList = Object.entries(rest.settings).map(([name, value]) => `${name} ${value}`);
  return [
    `- Run: ${date}, \`${command}\``,
    `- Machine: ${machine.cores} cores, ${machine.cpu}, ${gibibytes(machine.memoryBytes)} GiB of memory, ${machine.kernel}; load ${machine.load.toFixed(1)} before it began, ${(stolenShare * 100).toFixed(1)}% of the CPU time stolen by the host while it ran`,
    `- Versions: ${versionList.join(', ')}`,
    `- Source: ${count(source.players)} players, ${count(source.rowsTotal)} rows, ${count(source.bytes / 1e6)} MB`,
    `- Postgres, the same server for all: ${settingList.join(', ')}`,
  ].join('\n');
}

function goals({ measured, memory, helpMs }: Findings): string {
  const rows = goalRows(measured.timings, memory, helpMs);
  return rows.length === 0
    ? ''
    : markdownTable(['figure', 'goal', 'measured', 'each round', 'met'], rows);
}

function seconds({ measured: { timings }, rounds }: Findings): string {
  if (timings.size === 0) return '';
  const head = ['', 'median', 'min', 'max', ...roundNumbers(rounds)];
  const rows = [...timings].map(([figure, all]) => [
    FIGURES[figure] ?? figure,
    ...spreadCells(all.map((timing) => timing.seconds)),
    ...all.map((timing) => timing.seconds.toFixed(2)),
  ]);
  return markdownTable(head, rows, { leftAligned: 1 });
}

const FIGURES: Readonly<Record<string, string>> = {
  [MIGRATE]: '`cardctl migrate --no-verify`',
  [VERIFY]: '`cardctl verify`, every value',
  [PGLOADER]: 'pgloader',
  [FLOOR]: 'floor: psql, text files, two at once',
};

function phases({ measured: { timings }, rounds }: Findings): string {
  const rows = [...timings].flatMap(([figure, all]) =>
    byPhase(all).map(([phase, values]) => [
      figure,
      phase,
      ...spreadCells(values),
      ...values.map((value) => value.toFixed(2)),
    ]),
  );
  if (rows.length === 0) return '';
  const head = ['', 'phase', 'median', 'min', 'max', ...roundNumbers(rounds)];
  return markdownTable(head, rows, { leftAligned: 2 });
}

function byPhase(timings: readonly Timing[]): [string, number[]][] {
  const values = new Map<string, number[]>();
  for (const { phase, seconds } of timings.flatMap((timing): Phase[] => timing.phases)) {
    values.set(phase, [...(values.get(phase) ?? []), seconds]);
  }
  return [...values];
}

function cpu({ measured: { timings }, rounds }: Findings): string {
  if (timings.size === 0) return '';
  const rows = [...timings].flatMap(([figure, all]) =>
    CPU_USERS.map(([user, title]) => {
      const values = all.map((timing) => timing.cpu[user]);
      const cells = values.map((value) => value.toFixed(2));
      return [figure, title, ...spreadCells(values), ...cells];
    }),
  );
  const head = ['', 'used by', 'median', 'min', 'max', ...roundNumbers(rounds)];
  return markdownTable(head, rows, { leftAligned: 2 });
}

const CPU_USERS = [
  ['programs', 'the program'],
  ['postgres', 'Postgres'],
  ['others', 'the rest of the machine'],
] as const;

function inventories({ measured }: Findings): string {
  const rows = [...measured.inventories].map(([contender, left]) => [
    contender,
    count(left.rows),
    count(left.indexes),
    count(left.foreignKeys),
    count(left.notValid),
  ]);
  if (rows.length === 0) return '';
  const head = ['', 'rows', 'indexes', 'foreign keys', 'of them not valid'];
  return markdownTable(head, rows, { leftAligned: 1 });
}

function memory({ memory }: Findings): string {
  if (memory.length === 0) return '';
  const head = ['', 'players', 'rows', 'PSS, MB', 'RSS, MB', 'processes', 'samples'];
  const rows = memory.map(({ figure, players, rows, peak }) => [
    figure,
    count(players),
    count(rows),
    count(peak.pssBytes / 1e6),
    count(peak.rssBytes / 1e6),
    count(peak.processes),
    count(peak.samples),
  ]);
  return markdownTable(head, rows, { leftAligned: 1 });
}

function help({ helpMs }: Findings): string {
  if (helpMs.length === 0) return '';
  const { median, min, max } = spreadOf(helpMs);
  const all = helpMs.map((ms) => ms.toFixed(0)).join(', ');
  return `Median ${median.toFixed(0)} ms, min ${min.toFixed(0)}, max ${max.toFixed(0)}, of ${helpMs.length} runs: ${all}`;
}

function method({ rounds, measured }: Findings): string {
  const has = (figure: string) => measured.timings.has(figure);
  return [
    `- ${rounds} rounds, in each the contenders one after the other, each into an empty database of the same server, with a checkpoint before each start and a wait until the machine is quiet. File caches are warm for all: nothing drops them.`,
    '- Seconds are wall time, from before the process starts until it is gone.',
    ...(has(MIGRATE) ? [`- ${MIGRATE_METHOD}`] : []),
    ...(has(VERIFY) ? [`- ${VERIFY_METHOD}`] : []),
    ...(has(PGLOADER) ? [`- ${PGLOADER_METHOD}`] : []),
    ...(has(FLOOR) ? [`- ${FLOOR_METHOD}`] : []),
    `- ${MEMORY_METHOD}`,
  ].join('\n');
}

const MIGRATE_METHOD =
  '`cardctl migrate --source F --target URL --no-verify --yes --json`: snapshot, census, schema, copy, indexes, keys, ANALYZE. Phases are what its JSON says; its own start and end are in no phase.';

const VERIFY_METHOD =
  '`cardctl verify --source F --target URL --yes --json` on what that round loaded; its snapshot of the source is part of the time.';

const PGLOADER_METHOD = `pgloader reads a copy of the source with its own defaults. Its command file: \`${COMMAND_FILE.trim()}\`. It takes no snapshot and no census. The "Total import time" of its report adds up times of phases that overlap; the ratio here is to the wall time, which is shorter.`;

const FLOOR_METHOD =
  'Floor: `psql` runs `\\copy` from text files that were made beforehand, biggest table first, two at once; then one `psql` runs the index and key statements that `pg_dump` reads from a database that cardctl loaded, one by one. Making the empty tables is not timed, and there is no ANALYZE.';

const MEMORY_METHOD =
  'Memory: cardctl and all its descendants, read from /proc every 50 ms in runs that are not timed. PSS counts a page that two processes share once, RSS once in each. MB are millions of bytes.';

function spreadCells(numbers: readonly number[]): string[] {
  const { median, min, max } = spreadOf(numbers);
  return [median, min, max].map((number) => number.toFixed(2));
}

function roundNumbers(rounds: number): string[] {
  return Array.from({ length: rounds }, (_, index) => `${index + 1}.`);
}

function count(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(0);
}
