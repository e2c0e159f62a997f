import { setTimeout as sleep } from 'node:timers/promises';
import { CardctlError, messageOf } from '../../../lib/errors.js';

/** Those that the cutover has started outlive it on purpose, and not the rehearsal. */
export async function endFollowers(workDir: string): Promise<void> {
  const { readRuns } = await import('../../../journal/runs.js');
  for (const { steps } of readRuns(workDir).runs) {
    for (const { facts } of steps) {
      if (typeof facts?.pid === 'number') await endProcess(facts.pid);
    }
  }
}

async function endProcess(pid: number): Promise<void> {
  for (let waitedMs = 0; isAlive(pid, waitedMs === 0 ? 'SIGTERM' : 0); waitedMs += 50) {
    if (waitedMs > FOLLOW_MS_MAX) isAlive(pid, 'SIGKILL');
    await sleep(50);
  }
}

const FOLLOW_MS_MAX = 10_000;

function isAlive(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw new CardctlError('internal', `process ${pid} cannot be ended: ${messageOf(error)}`);
  }
}
