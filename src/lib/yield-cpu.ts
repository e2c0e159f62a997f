import { constants, setPriority } from 'node:os';

/**
 * Leaves the CPU to whoever else wants it: for long work beside bots that players wait for. On Linux
 * it is the calling thread that steps back, elsewhere its whole process.
 *
 * DANGER: not for work that holds what others wait for, such as a lock on the source.
 */
export function yieldCpu(): void {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
}
