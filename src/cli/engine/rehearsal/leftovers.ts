import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeEmbedded } from '../../../drivers/embedded-postgres.js';
import { runProgram } from './program.js';

/** Where a work directory has its rehearsals, each in a directory of its own. */
export function rehearsalsIn(workDir: string): string {
  return join(workDir, 'rehearsals');
}

/**
 * Ends and removes what rehearsals have left that were killed. The caller must be alone in the work
 * directory: then none of them is at work.
 */
export async function sweepRehearsals(workDir: string): Promise<void> {
  for (const directory of directoriesIn(rehearsalsIn(workDir))) {
    await removeEmbedded(directory);
    for (const pid of await processesOf(directory)) kill(pid);
    rmSync(directory, { recursive: true, force: true });
  }
}

function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path).map((name) => join(path, name));
  } catch {
    // Nothing was ever rehearsed here.
    return [];
  }
}

/** All that a rehearsal starts has the path of its directory among its arguments. */
async function processesOf(directory: string): Promise<number[]> {
  const all = await commandLines();
  return all.flatMap(({ pid, line }) =>
    line.includes(`${directory}/`) && pid !== process.pid ? [pid] : [],
  );
}

async function commandLines(): Promise<{ pid: number; line: string }[]> {
  try {
    const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
    return pids.map((pid) => ({ pid, line: commandLineOf(pid) }));
  } catch {
    // No Linux.
    const { stdout } = await runProgram(['ps', '-A', '-o', 'pid=,args=']);
    const lines = stdout.toString().split('\n');
    return lines.map((line) => ({ pid: Number.parseInt(line, 10), line }));
  }
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // It has ended since.
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended since.
  }
}
