import { readFileSync } from 'node:fs';

/** Pids of the live child processes of a process. Linux only; elsewhere it has none. */
export function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').map(Number).filter(Boolean);
  } catch {
    return [];
  }
}
