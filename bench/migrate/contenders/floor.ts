import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, Contender } from '../bench.js';
import { runProgram } from '../run-program.js';
import { time } from '../timing.js';
import { MIGRATE, runCardctl } from './cardctl.js';

export const FLOOR = 'floor';

const AT_ONCE = 2;

/**
 * The least that a load into Postgres takes: psql copies ready-made text files, two at once, then
 * makes the indexes and keys that cardctl makes, one by one.
 */
export const floor: Contender = {
  title: FLOOR,

  /** A load by cardctl, taken apart into text files and the statements on either side of them. */
  async prepare(bench) {
    await mkdir(join(bench.workDir, 'floor'));
    await bench.server.withDatabase(async (url) => {
      await runCardctl(bench, url, MIGRATE);
      for (const table of Object.keys(bench.source.rows)) {
        await psql(bench, url, ['-c', `\\copy "${table}" to '${textFile(bench, table)}'`]);
      }
      await writeFile(tablesFile(bench), await dump(bench, url, 'pre-data'));
      await writeFile(indexesFile(bench), await dump(bench, url, 'post-data'));
    });
  },

  async run(bench, url) {
    await psql(bench, url, ['-f', tablesFile(bench)]);
    const timing = await time(FLOOR, async () => {
      const startedMs = performance.now();
      await copyAll(bench, url);
      const copiedMs = performance.now();
      await psql(bench, url, ['-f', indexesFile(bench)]);
      return [
        { phase: 'copy, two at once', seconds: (copiedMs - startedMs) / 1000 },
        { phase: 'indexes and keys', seconds: (performance.now() - copiedMs) / 1000 },
      ];
    });
    return [timing];
  },
};

/** The biggest tables first, so that both connections end at about the same time. */
async function copyAll(bench: Bench, url: string): Promise<void> {
  const { rows } = bench.source;
  const waiting = Object.keys(rows).sort((left, right) => (rows[right] ?? 0) - (rows[left] ?? 0));
  const work = async () => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      await psql(bench, url, ['-c', `\\copy "${table}" from '${textFile(bench, table)}'`]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function psql(
  { server, workDir, signal }: Bench,
  url: string,
  args: readonly string[],
): Promise<void> {
  const always = ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', url];
  await runProgram(join(server.programs, 'psql'), [...always, ...args], { cwd: workDir, signal });
}

async function dump(
  { server, workDir, signal }: Bench,
  url: string,
  section: 'pre-data' | 'post-data',
): Promise<string> {
  const args = [`--section=${section}`, '--table=public.*', '--no-owner', url];
  const program = join(server.programs, 'pg_dump');
  return (await runProgram(program, args, { cwd: workDir, signal })).stdout;
}

function textFile({ workDir }: Bench, table: string): string {
  return join(workDir, 'floor', `${table}.txt`);
}

function tablesFile({ workDir }: Bench): string {
  return join(workDir, 'floor', 'tables.sql');
}

function indexesFile({ workDir }: Bench): string {
  return join(workDir, 'floor', 'indexes.sql');
}
