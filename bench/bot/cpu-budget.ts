import { machineTicks, TICKS_PER_S, ticksOf } from '../lib/cpu.js';
import { ProcessTree } from '../lib/process-tree.js';

/** CPU milliseconds, user and system, by who used them. */
export type CpuBudget = ReadonlyMap<string, number>;

/** Watches where the CPU time goes until the function it returns is called. */
export function watchBudget(roots: ReadonlyMap<string, number>): () => CpuBudget {
  const before = look(roots);
  const machine = machineTicks();
  return () => {
    const after = look(roots);
    const budget = new Map(
      [...after].map(([name, ticks]) => [name, ms(ticks - (before.get(name) ?? 0))]),
    );
    const ours = [...budget.values()].reduce((sum, used) => sum + used, 0);
    budget.set(OTHERS, Math.max(0, ms(machineTicks().busy - machine.busy) - ours));
    return budget;
  };
}

/** All else on this machine: if it is not small, the figures are not to be trusted. */
const OTHERS = 'the rest of the machine';

function look(roots: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(
    [...roots].map(([name, pid]) => {
      // With what ended meanwhile: that lives on in the sums of the parent that waited for it.
      const used = new ProcessTree(pid).pids().flatMap(ticksOf);
      return [name, used.reduce((sum, ticks) => sum + ticks, 0)];
    }),
  );
}

function ms(ticks: number): number {
  return (ticks * 1_000) / TICKS_PER_S;
}
