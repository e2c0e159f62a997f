import { ProcessTree, readProc } from '../lib/process-tree.js';
import type { Bench } from './bench.js';
import { MIGRATE, runCardctl, VERIFY } from './contenders/cardctl.js';

/** The highest sums over a process tree, each by itself. */
export interface MemoryPeak {
  /** Pages that processes share count once (PSS). */
  pssBytes: number;
  /** Pages that processes share count once in each (RSS). */
  rssBytes: number;
  processes: number;
  samples: number;
}

export interface MemoryFigure {
  figure: string;
  players: number;
  rows: number;
  peak: MemoryPeak;
}

const EVERY_MS = 50;

/** One migrate and one verify, untimed, while their memory is watched. */
export async function measureMemory(bench: Bench): Promise<MemoryFigure[]> {
  const { players, rowsTotal: rows } = bench.source;
  return bench.server.withDatabase(async (url) => {
    const figures: MemoryFigure[] = [];
    for (const figure of [MIGRATE, VERIFY] as const) {
      const peak = await watched((started) => runCardctl(bench, url, figure, started));
      figures.push({ figure, players, rows, peak });
    }
    return figures;
  });
}

async function watched(run: (started: (pid: number) => void) => Promise<unknown>) {
  const peak: MemoryPeak = { pssBytes: 0, rssBytes: 0, processes: 0, samples: 0 };
  let timer: NodeJS.Timeout | undefined;
  try {
    await run((pid) => {
      const tree = new ProcessTree(pid);
      timer = setInterval(() => sample(tree, peak), EVERY_MS);
    });
  } finally {
    clearInterval(timer);
  }
  return peak;
}

function sample(tree: ProcessTree, peak: MemoryPeak): void {
  const rollups = tree.pids().map((pid) => readProc(`${pid}/smaps_rollup`));
  const sum = (field: string) => rollups.reduce((total, text) => total + bytesIn(text, field), 0);
  peak.pssBytes = Math.max(peak.pssBytes, sum('Pss'));
  peak.rssBytes = Math.max(peak.rssBytes, sum('Rss'));
  peak.processes = Math.max(peak.processes, rollups.length);
  peak.samples += 1;
}

function bytesIn(rollup: string, field: string): number {
  const [, kibibytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(rollup) ?? [];
  return Number(kibibytes ?? 0) * 1024;
}
