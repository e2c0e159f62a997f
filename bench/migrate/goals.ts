import { spreadOf } from '../lib/spread.js';
import { MIGRATE, VERIFY } from './contenders/cardctl.js';
import { FLOOR } from './contenders/floor.js';
import { PGLOADER } from './contenders/pgloader.js';
import type { MemoryFigure } from './memory.js';
import type { Timing } from './timing.js';

interface Ratio {
  figure: string;
  over: string;
  under: string;
  /** The ratio must be at least this, or else at most this. */
  least?: number;
  most?: number;
}

const RATIOS: readonly Ratio[] = [
  { figure: 'pgloader ÷ migrate', over: PGLOADER, under: MIGRATE, least: 2.5 },
  { figure: 'migrate ÷ floor', over: MIGRATE, under: FLOOR, most: 1.1 },
  { figure: 'verify ÷ migrate', over: VERIFY, under: MIGRATE, most: 0.5 },
];

const MEMORY_BYTES_MAX = 300e6;
const HELP_MS_MAX = 150;

/** Cells: figure, goal, measured, each round, met. Only of what was measured. */
export function goalRows(
  timings: ReadonlyMap<string, readonly Timing[]>,
  memory: readonly MemoryFigure[],
  helpMs: readonly number[],
): string[][] {
  return [
    ...RATIOS.flatMap((ratio) => ratioRow(ratio, timings)),
    ...memoryRow(memory),
    ...helpRow(helpMs),
  ];
}

/** Of the medians; beside it the ratio within each round. */
function ratioRow(
  { figure, over, under, least, most }: Ratio,
  timings: ReadonlyMap<string, readonly Timing[]>,
): string[][] {
  const overS = timings.get(over)?.map(({ seconds }) => seconds);
  const underS = timings.get(under)?.map(({ seconds }) => seconds);
  if (overS === undefined || underS === undefined) return [];
  const ratio = spreadOf(overS).median / spreadOf(underS).median;
  const rounds = overS.map((seconds, round) =>
    (seconds / (underS[round] ?? Number.NaN)).toFixed(2),
  );
  const goal = least === undefined ? `at most ${most}` : `at least ${least}`;
  const met = least === undefined ? ratio <= (most ?? 0) : ratio >= least;
  return [[figure, goal, ratio.toFixed(2), rounds.join(', '), yesNo(met)]];
}

function memoryRow(memory: readonly MemoryFigure[]): string[][] {
  if (memory.length === 0) return [];
  const most = Math.max(...memory.map(({ peak }) => peak.pssBytes));
  return [
    ['peak memory', 'at most 300 MB', `${megabytes(most)} MB`, '', yesNo(most <= MEMORY_BYTES_MAX)],
  ];
}

function helpRow(helpMs: readonly number[]): string[][] {
  if (helpMs.length === 0) return [];
  const { median } = spreadOf(helpMs);
  const met = yesNo(median < HELP_MS_MAX);
  return [['`cardctl --help`', 'under 150 ms', `${median.toFixed(0)} ms`, '', met]];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function yesNo(met: boolean): string {
  return met ? 'yes' : 'no';
}
