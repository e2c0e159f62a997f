import { readdirSync, readFileSync } from 'node:fs';

/** A process and all its descendants, also those whose parent is gone meanwhile. */
export class ProcessTree {
  private readonly known: Set<number>;

  constructor(root: number) {
    this.known = new Set([root]);
  }

  /** Who of them is alive. */
  pids(): number[] {
    const parents = new Map(processes());
    for (const pid of this.known) if (!parents.has(pid)) this.known.delete(pid);
    // A child may have a lower number than its parent: look until nobody new turns up.
    for (let before = -1; before !== this.known.size; ) {
      before = this.known.size;
      for (const [pid, parent] of parents) if (this.known.has(parent)) this.known.add(pid);
    }
    return [...this.known];
  }
}

function processes(): [pid: number, parent: number][] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): [number, number][] => {
      const stat = readProc(`${name}/stat`);
      // The second field is a name in parentheses, which may hold anything.
      const [, parent] = /^.*\) \S (\d+) /s.exec(stat) ?? [];
      return parent === undefined ? [] : [[Number(name), Number(parent)]];
    });
}

/** The text of a file under /proc; empty when the process has just ended. */
export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return '';
  }
}
