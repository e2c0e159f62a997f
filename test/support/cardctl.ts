import { fileURLToPath } from 'node:url';
import {
  type ProcessOptions,
  type ProcessResult,
  type RunningProcess,
  runProcess,
  startProcess,
} from './process.js';

const LAUNCHER = fileURLToPath(new URL('../../bin/cardctl', import.meta.url));

/** Runs `bin/cardctl` to its end as a process of its own. */
export function runCardctl(
  args: readonly string[],
  options?: ProcessOptions,
): Promise<ProcessResult> {
  return runProcess(process.execPath, [LAUNCHER, ...args], options);
}

/** Starts `bin/cardctl` and hands over the running process, to be watched or killed. */
export function startCardctl(args: readonly string[], options?: ProcessOptions): RunningProcess {
  return startProcess(process.execPath, [LAUNCHER, ...args], options);
}
