import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { undoAll } from '../../test/support/cleanup.js';
import { startPostgres } from '../../test/support/postgres-server.js';
import { checkBuild } from '../lib/launcher.js';
import { cardctlVersion, sqliteVersion, thisMachine } from '../lib/machine.js';
import { writeSection } from '../lib/markdown.js';
import { type Source, sourceOf } from '../lib/source.js';
import { type ModeFindings, measureMode } from './measure.js';
import { rehearse } from './rehearsal.js';
import { renderRehearsal } from './rehearsal-report.js';
import { type Conditions, renderReport } from './report.js';
import { makeWorld } from './world.js';

const CACHE_DIR = fileURLToPath(new URL('../../.bench', import.meta.url));
const DOCUMENT = new URL('../../docs/benchmarks.md', import.meta.url);

const { values } = parseArgs({
  options: {
    players: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '20' },
    switches: { type: 'string', default: '50' },
    backlog: { type: 'string', default: '200000' },
    rps: { type: 'string', default: '200' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const PER_SECOND = 300;

try {
  checkBuild();
  mkdirSync(CACHE_DIR, { recursive: true });
  const source = sourceOf(Number(values.players), CACHE_DIR);
  const conditions = conditionsOf(source);
  if (values.only !== 'rehearsal') {
    const report = renderReport({
      ...conditions,
      perSecond: PER_SECOND,
      modes: await find(source),
    });
    show('bench:cutover', report);
  }
  if (values.only !== 'moves') {
    const rps = Number(values.rps);
    console.error(`the whole cutover and its rollback, at ${rps} updates/s`);
    const rehearsal = await rehearse(source.path, { players: 10_000, rps });
    show('bench:rehearsal', renderRehearsal({ ...conditions, rehearsal }));
  }
} finally {
  await undoAll();
}

function show(section: string, report: string): void {
  console.log(report);
  if (values.write) writeSection(DOCUMENT, section, '# Benchmarks', report);
}

async function find(source: Source): Promise<ModeFindings[]> {
  const postgres = await startPostgres({ settings: {} });
  const modes: ModeFindings[] = [];
  try {
    for (const journalMode of ['wal', 'delete'] as const) {
      const world = await makeWorld(source.path, postgres.adminUrl, {
        name: `bench_${journalMode}`,
        journalMode,
      });
      const options = {
        perSecond: PER_SECOND,
        seconds: Number(values.seconds),
        backlogRows: Math.min(Number(values.backlog), source.players),
        switches: Math.ceil(Number(values.switches) / 2),
      };
      modes.push(await measureMode(world, journalMode, options, (line) => console.error(line)));
    }
  } finally {
    await postgres.stop();
  }
  return modes;
}

function conditionsOf(source: Source): Conditions {
  const args = process.argv.slice(2);
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench:cutover', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    machine: thisMachine(),
    versions: { cardctl: cardctlVersion(), node: process.version, SQLite: sqliteVersion() },
    source: { bytes: source.bytes, rows: source.rowsTotal },
  };
}
