import { ProcessTree, readProc } from './process-tree.js';

/** Seconds of CPU time, over all cores. */
export interface CpuUse {
  /** The programs that were run to their end meanwhile, with their children. */
  programs: number;
  /** What else descends from this process: the Postgres server. */
  postgres: number;
  /** The rest of the machine. If it is not small, the figure is not to be trusted. */
  others: number;
}

/** Watches where the CPU time goes until the function it returns is called. */
export function watchCpu(): () => CpuUse {
  const before = look();
  return () => {
    const after = look();
    const busy = after.busy - before.busy;
    const ours = after.ours - before.ours;
    const self = after.self - before.self;
    const programs = after.programs - before.programs;
    const seconds = (ticks: number) => Math.max(0, ticks) / TICKS_PER_S;
    return {
      programs: seconds(programs),
      postgres: seconds(ours - self - programs),
      others: seconds(busy - ours),
    };
  };
}

/** `USER_HZ`: 100 on every Linux that Node runs on. */
export const TICKS_PER_S = 100;

function look() {
  const [self = 0, programs = 0] = ticksOf(process.pid);
  // A process that has ended lives on in the sums of the parent that waited for it.
  const ours = new ProcessTree(process.pid)
    .pids()
    .flatMap(ticksOf)
    .reduce((sum, ticks) => sum + ticks, 0);
  return { busy: machineTicks().busy, ours, self, programs };
}

/** Its own ticks, and those of its children that it has waited for. */
export function ticksOf(pid: number): [own: number, ended: number] {
  const stat = readProc(`${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index] ?? 0);
  return [at(11) + at(12), at(13) + at(14)];
}

/** Ticks of all cores since the machine started: all of them, at work, and given to other guests. */
export function machineTicks(): { all: number; busy: number; stolen: number } {
  const [line = ''] = readProc('stat').split('\n');
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, soft = 0, stolen = 0] =
    line.split(/\s+/).slice(1).map(Number);
  const busy = user + nice + system + irq + soft;
  return { all: busy + idle + waiting + stolen, busy, stolen };
}
