import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from '../bench.js';
import { findProgram, runProgram } from '../run-program.js';
import { type Phase, time } from '../timing.js';

export const PGLOADER = 'pgloader';
export const NO_PGLOADER = 'pgloader is not here: left out (apt-get install pgloader)';

/** Its command file; without a WITH clause it makes tables, indexes and keys and sets sequences. */
export const COMMAND_FILE = 'load database from sqlite://SOURCE into TARGET;\n';

/** pgloader on a copy of the source, with its own defaults; undefined where it is not installed. */
export function pgloader(): Contender | undefined {
  const program = findProgram('pgloader');
  if (program === undefined) return undefined;
  return {
    title: PGLOADER,

    prepare: ({ source, workDir }) => copyFile(source.path, join(workDir, 'pgloader.db')),

    async run({ workDir, signal }, url) {
      const path = join(workDir, 'pgloader.db');
      const file = join(workDir, 'pgloader.load');
      await writeFile(file, COMMAND_FILE.replace('SOURCE', path).replace('TARGET', url));
      const args = ['--root-dir', join(workDir, 'pgloader'), file];
      const timing = await time(PGLOADER, async () =>
        ownTotalIn((await runProgram(program, args, { cwd: workDir, signal })).stdout),
      );
      return [timing];
    },
  };
}

/** What its report calls the total adds up phases that overlap: it is not the time that passes. */
function ownTotalIn(stdout: string): Phase[] {
  const [, seconds] = /Total import time\s.*\s([\d.]+)s\s*$/m.exec(stdout) ?? [];
  return seconds === undefined
    ? []
    : [{ phase: '"Total import time" of its report', seconds: Number(seconds) }];
}

/** For the record. */
export async function pgloaderVersion(cwd: string, signal: AbortSignal): Promise<string> {
  const program = findProgram('pgloader');
  if (program === undefined) return 'not installed';
  const { stdout } = await runProgram(program, ['--version'], { cwd, signal });
  return /"(.+)"/.exec(stdout)?.[1] ?? stdout.trim();
}
