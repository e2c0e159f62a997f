import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machineTicks } from '../lib/cpu.js';
import { checkBuild } from '../lib/launcher.js';
import { cardctlVersion, sqliteVersion, thisMachine } from '../lib/machine.js';
import { writeSection } from '../lib/markdown.js';
import { sourceOf } from '../lib/source.js';
import type { Bench, Contender } from './bench.js';
import { cardctl } from './contenders/cardctl.js';
import { floor } from './contenders/floor.js';
import { NO_PGLOADER, pgloader, pgloaderVersion } from './contenders/pgloader.js';
import { measureHelp } from './help.js';
import { measureRounds } from './measure.js';
import { type MemoryFigure, measureMemory } from './memory.js';
import { type Options, readOptions } from './options.js';
import { type Findings, renderReport } from './report.js';
import { startServer } from './server.js';

const CACHE_DIR = fileURLToPath(new URL('../../.bench', import.meta.url));
const DOCUMENT = new URL('../../docs/benchmarks.md', import.meta.url);

/** Talk goes to stderr: stdout is the report. */
const say = (line: string) => console.error(line);

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort());
}

try {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  checkBuild();
  const report = renderReport(await run(options, args));
  console.log(report);
  if (options.write) writeSection(DOCUMENT, 'bench:migrate', '# Benchmarks', report);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
}

async function run(options: Options, args: readonly string[]): Promise<Findings> {
  mkdirSync(CACHE_DIR, { recursive: true });
  say(`source: ${options.players} players`);
  const source = sourceOf(options.players, CACHE_DIR);
  const workDir = mkdtempSync(join(CACHE_DIR, 'run-'));
  try {
    const server = await startServer(options.settings);
    try {
      const bench = { source, server, workDir, signal: interrupted.signal };
      return await find(bench, options, args);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

async function find(bench: Bench, options: Options, args: readonly string[]): Promise<Findings> {
  const { source, server, workDir, signal } = bench;
  const machine = thisMachine();
  const before = machineTicks();
  const measured = await measureRounds(bench, contendersOf(options), options.rounds, say);
  const after = machineTicks();
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench:migrate', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    machine,
    stolenShare: (after.stolen - before.stolen) / Math.max(1, after.all - before.all),
    versions: {
      cardctl: cardctlVersion(),
      node: process.version,
      PostgreSQL: server.version,
      SQLite: sqliteVersion(),
      pgloader: await pgloaderVersion(workDir, signal),
    },
    settings: server.settings,
    source,
    rounds: options.rounds,
    measured,
    memory: await memoryFigures(bench, options),
    helpMs: options.only.includes('help') ? await measureHelp(workDir, signal) : [],
  };
}

function contendersOf({ only }: Options): Contender[] {
  const contenders: Contender[] = [];
  if (only.includes('cardctl')) contenders.push(cardctl);
  if (only.includes('pgloader')) {
    const contender = pgloader();
    if (contender === undefined) say(NO_PGLOADER);
    else contenders.push(contender);
  }
  if (only.includes('floor')) contenders.push(floor);
  return contenders;
}

/** At a tenth of the players and at all of them, so that growth would show. */
async function memoryFigures(bench: Bench, options: Options): Promise<MemoryFigure[]> {
  if (!options.only.includes('memory')) return [];
  const sizes = [Math.round(options.players / 10), options.players];
  if (options.with10x) sizes.push(options.players * 10);
  const figures: MemoryFigure[] = [];
  for (const players of sizes) {
    say(`memory: ${players} players`);
    figures.push(...(await measureMemory({ ...bench, source: sourceOf(players, CACHE_DIR) })));
  }
  return figures;
}
