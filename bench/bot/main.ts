import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { undoAll } from '../../test/support/cleanup.js';
import { machineTicks } from '../lib/cpu.js';
import { checkBuild } from '../lib/launcher.js';
import { cardctlVersion, sqliteVersion, thisMachine } from '../lib/machine.js';
import { writeSection } from '../lib/markdown.js';
import { sourceOf } from '../lib/source.js';
import { type Options, readOptions } from './options.js';
import { type Findings, renderReport } from './report.js';
import { measureShifts, shiftTo } from './shifts.js';
import { measureSteady, type Steady } from './steady.js';
import { measureSustained } from './sustained.js';
import { measureWarm } from './warm.js';
import { type World, withWorld } from './world.js';

const CACHE_DIR = fileURLToPath(new URL('../../.bench', import.meta.url));
const DOCUMENT = new URL('../../docs/benchmarks.md', import.meta.url);

/** Talk goes to stderr: stdout is the report. */
const say = (line: string) => console.error(line);

try {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  checkBuild();
  mkdirSync(CACHE_DIR, { recursive: true });
  const source = sourceOf(options.players, CACHE_DIR);
  const report = renderReport(await withWorld(source.path, (world) => find(world, options, args)));
  console.log(report);
  if (options.write) writeSection(DOCUMENT, 'bench:bot', '# Benchmarks', report);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await undoAll();
}

/** A shift takes CPU time as well: on a machine that is full without it, only queues would be seen. */
function rateForShifts({ rps }: Options, steady: Steady | null): number {
  return Math.min(rps, Math.floor((steady?.highest ?? Infinity) / 2));
}

async function find(world: World, options: Options, args: readonly string[]): Promise<Findings> {
  const machine = thisMachine();
  const before = machineTicks();
  const { users, rounds } = options;
  const isAsked = (part: Options['only'][number]) => options.only.includes(part);
  // The order matters: first one bot alone, and an empty Redis before all are started.
  const sustained = isAsked('sustained')
    ? await measureSustained(world, { users, rounds }, say)
    : null;
  const warmed = isAsked('warm')
    ? await measureWarm(world, { rounds, cacheDir: CACHE_DIR }, say)
    : null;
  if (isAsked('steady') || isAsked('shifts')) {
    await world.stage.startAll();
    await shiftTo(world.stage.configPath, 100);
  }
  const steady = isAsked('steady') ? await measureSteady(world, options, say) : null;
  const rps = rateForShifts(options, steady);
  const shifts = isAsked('shifts') ? await measureShifts(world, options, rps, say) : null;
  const after = machineTicks();
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench:bot', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    options,
    machine,
    stolenShare: (after.stolen - before.stolen) / Math.max(1, after.all - before.all),
    versions: {
      cardctl: cardctlVersion(),
      node: process.version,
      PostgreSQL: world.postgres.version,
      SQLite: sqliteVersion(),
    },
    sustained,
    steady,
    warmed,
    shifts,
  };
}
