import { setTimeout as sleep } from 'node:timers/promises';
import { type CpuUse, machineTicks, watchCpu } from '../lib/cpu.js';

export interface Timing {
  /** What was timed; the same name in every round. */
  figure: string;
  seconds: number;
  phases: Phase[];
  cpu: CpuUse;
}

export interface Phase {
  phase: string;
  seconds: number;
}

/** Times `body`, which says what its phases took. */
export async function time(figure: string, body: () => Promise<Phase[]>): Promise<Timing> {
  const cpuSince = watchCpu();
  const startedMs = performance.now();
  const phases = await body();
  const seconds = (performance.now() - startedMs) / 1000;
  return { figure, seconds, phases, cpu: cpuSince() };
}

const QUIET_SHARE = 0.05;
const LOOK_MS = 500;
const PATIENCE_MS = 120_000;

/** Waits until next to nothing runs on this machine; after two minutes, no longer. */
export async function quiet(signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (performance.now() < deadlineMs) {
    const before = machineTicks();
    await sleep(LOOK_MS, undefined, { signal });
    const after = machineTicks();
    if (after.busy - before.busy <= QUIET_SHARE * (after.all - before.all)) return;
  }
}
