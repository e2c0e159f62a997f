import { mkdirSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCardctl } from '../../test/support/cardctl.js';
import { undoAll } from '../../test/support/cleanup.js';
import { type LoadResult, startLoad } from '../../test/support/loadtest.js';
import { startPostgres, startReplica } from '../../test/support/postgres-server.js';
import { startRedis } from '../../test/support/redis.js';
import { makeStageBehindNginx, type StageBehindNginx } from '../../test/support/stage-nginx.js';
import { tempDir } from '../../test/support/temp-dir.js';
import { cardctlVersion, thisMachine } from '../migrate/machine.js';
import { markdownTable, writeSection } from '../migrate/markdown.js';
import { sourceOf } from '../migrate/source.js';

const CACHE_DIR = fileURLToPath(new URL('../../.bench', import.meta.url));
const DOCUMENT = new URL('../../docs/benchmarks.md', import.meta.url);

/** The server's own defaults, but for what a replica needs. */
const POSTGRES = { max_connections: '200', wal_level: 'replica' };

const { values } = parseArgs({
  options: {
    players: { type: 'string', default: '20000' },
    users: { type: 'string', default: '10000' },
    rps: { type: 'string', default: '800' },
    seconds: { type: 'string', default: '60' },
    shifts: { type: 'string', default: '20' },
    write: { type: 'boolean', default: false },
  },
});
const options = {
  players: Number(values.players),
  users: Number(values.users),
  rps: Number(values.rps),
  seconds: Number(values.seconds),
  shifts: Number(values.shifts),
};

try {
  const report = await run();
  console.log(report);
  if (values.write) writeSection(DOCUMENT, 'bench:bot', '# Benchmarks', report);
} finally {
  await undoAll();
}

async function run(): Promise<string> {
  mkdirSync(CACHE_DIR, { recursive: true });
  const source = sourceOf(options.players, CACHE_DIR);
  const primary = await startPostgres({ settings: POSTGRES });
  try {
    const replica = await startReplica(primary, { settings: POSTGRES });
    try {
      return await play(source.path, primary.adminUrl, replica.adminUrl);
    } finally {
      await replica.stop();
    }
  } finally {
    await primary.stop();
  }
}

async function play(source: string, targetUrl: string, replicaUrl: string): Promise<string> {
  const redis = await startRedis();
  const directory = await tempDir();
  const own = join(directory, 'game_bot.db');
  await copyFile(source, own);
  const behind = await makeStageBehindNginx({
    directory,
    source: own,
    targetUrl,
    replicaUrl,
    redisUrl: redis.url,
  });
  const config = ['--config', behind.stage.configPath, '--yes'];
  await cardctl(['migrate', '--no-verify', ...config]);
  await cardctl(['authority', '--to', 'postgres', ...config]);
  await behind.stage.startAll();
  await shiftTo(behind, 100);
  console.error('warming up');
  await load(behind, { seconds: 20 });
  console.error('steady');
  const steady = await load(behind, { seconds: options.seconds });
  console.error('shifts');
  const shifting = await loadWhileShifting(behind);
  return reportOf(steady, shifting);
}

async function load(
  { stage, url, certificate }: StageBehindNginx,
  { seconds }: { seconds: number },
): Promise<LoadResult> {
  const { users, rps } = options;
  const started = await startLoad(stage, { urls: [url], users, rps, seconds, certificate });
  return started.finished;
}

interface Shifting {
  shifts: number;
  proven: number;
  result: LoadResult;
}

async function loadWhileShifting(behind: StageBehindNginx): Promise<Shifting> {
  const { users, rps, shifts } = options;
  const { stage, url, certificate } = behind;
  // Longer than all shifts take; it is not waited for to the second.
  const seconds = shifts * 6;
  const load = await startLoad(stage, { urls: [url], users, rps, seconds, certificate });
  let proven = 0;
  for (let i = 0; i < shifts; i++) {
    if ((await shiftTo(behind, [10, 25, 50, 100][i % 4] as number)) === 0) proven++;
  }
  return { shifts, proven, result: await load.finished };
}

async function shiftTo({ stage }: StageBehindNginx, percent: number): Promise<number | null> {
  const { exitCode } = await runCardctl([
    ...['shift', '--percent', `${percent}`, '--requests', '1000', '--observe-seconds', '3'],
    ...['--config', stage.configPath],
  ]);
  return exitCode;
}

async function cardctl(args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCardctl(args, { timeoutMs: 600_000 });
  if (exitCode !== 0) throw new Error(`cardctl ${args[0]} failed:\n${stderr}`);
}

function reportOf(steady: LoadResult, { shifts, proven, result }: Shifting): string {
  const { cpu, cores, kernel, load: loadBefore } = thisMachine();
  const ms = (value: number) => value.toFixed(1);
  const row = (name: string, it: LoadResult) => [
    name,
    String(it.updates.acknowledged),
    ms(it.latencyMs.p50),
    ms(it.latencyMs.p99),
    ms(it.latencyMs.max),
    String(it.errors.total),
    it.cacheHitRate === null ? '' : `${(100 * it.cacheHitRate).toFixed(1)}%`,
    `${it.ledger.writesChecked}, ${it.ledger.pass ? 'each once' : 'NOT BALANCED'}`,
  ];
  return [
    '## Bots behind Nginx',
    '',
    `- Run: ${new Date().toISOString().slice(0, 10)}, \`npm run bench:bot -- ${process.argv.slice(2).join(' ')}\``,
    `- Machine: ${cores} cores, ${cpu}, ${kernel}; load ${loadBefore.toFixed(1)} when it ended`,
    `- Versions: cardctl ${cardctlVersion()}, node ${process.version}`,
    `- All on that machine: Nginx, one legacy and three fleet bots, Postgres primary and replica (fsync on), Redis, and the load tool with ${options.users} players at ${options.rps} updates/s, 30% writes`,
    '',
    markdownTable(
      ['', 'updates', 'p50, ms', 'p99, ms', 'max, ms', 'failed attempts', 'cache hits', 'writes'],
      [
        row(`steady, ${options.seconds} s`, steady),
        row(`${shifts} shifts, ${proven} proven by their sample`, result),
      ],
      { leftAligned: 1 },
    ),
    '',
    'Latency is from the intended start of each update at a fixed rate of arrival. Writes are held',
    'against the ledger that the load tool wrote: acknowledged, and found applied.',
    '',
  ].join('\n');
}
