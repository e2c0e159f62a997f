import { LAUNCHER } from '../lib/launcher.js';
import { runProgram } from './run-program.js';

const RUNS = 20;

/** Wall times of `cardctl --help`, in milliseconds, after one that does not count. */
export async function measureHelp(cwd: string, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    const { seconds } = await runProgram(process.execPath, [LAUNCHER, '--help'], { cwd, signal });
    if (run > 0) times.push(seconds * 1000);
  }
  return times;
}
