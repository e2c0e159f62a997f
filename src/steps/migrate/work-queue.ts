import { CardctlError } from '../../lib/errors.js';

/** A piece of work for one connection, and what must be done before it. */
export interface Task<Worker> {
  id: string;
  /** Ids of tasks that must be done first. */
  after: string[];
  /** Estimated work, in any unit. */
  cost: number;
  /** Names that no two tasks may hold at the same time (locks that would only wait or deadlock). */
  exclusive?: string[];
  run(worker: Worker): Promise<void>;
}

/**
 * Runs all tasks over the workers, each at most one task at a time, in an order that `after`
 * allows: of those that are ready, the one from which the way to the end is longest comes first
 * (Hu's rule, "Parallel sequencing and assembly line problems", 1961). The first failure stops the
 * start of new tasks; it is thrown once the running ones end.
 */
export async function runQueue<Worker>(
  tasks: readonly Task<Worker>[],
  workers: readonly Worker[],
  signal: AbortSignal,
): Promise<void> {
  const ways = longestWays(tasks);
  const wayOf = ({ id }: Task<Worker>) => ways.get(id) ?? 0;
  const waiting = [...tasks].sort((a, b) => wayOf(b) - wayOf(a));
  const done = new Set<string>();
  const held = new Set<string>();
  const running = new Set<Promise<void>>();
  const idle = [...workers];
  const failures: unknown[] = [];

  const startReady = () => {
    while (idle.length > 0 && failures.length === 0 && !signal.aborted) {
      const index = waiting.findIndex(
        (task) =>
          task.after.every((id) => done.has(id)) &&
          (task.exclusive ?? []).every((name) => !held.has(name)),
      );
      if (index < 0) return;
      const [task] = waiting.splice(index, 1);
      const worker = idle.pop();
      if (task === undefined || worker === undefined) return;
      for (const name of task.exclusive ?? []) held.add(name);
      const promise: Promise<void> = task
        .run(worker)
        .then(() => void done.add(task.id))
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          for (const name of task.exclusive ?? []) held.delete(name);
          idle.push(worker);
          running.delete(promise);
        });
      running.add(promise);
    }
  };

  startReady();
  while (running.size > 0) {
    await Promise.race(running);
    startReady();
  }
  if (failures.length > 0) throw failures[0];
  if (signal.aborted) throw new CardctlError('interrupted', 'interrupted');
  if (waiting.length > 0) {
    throw new Error(`tasks wait for each other: ${waiting.map((task) => task.id).join(', ')}`);
  }
}

/** By id: the work of a task and of those that wait for it, one behind the other, at most. */
function longestWays(tasks: readonly Pick<Task<never>, 'id' | 'after' | 'cost'>[]) {
  const behind = new Map<string, string[]>();
  for (const { id, after } of tasks) {
    for (const before of after) behind.set(before, [...(behind.get(before) ?? []), id]);
  }
  const costs = new Map(tasks.map(({ id, cost }) => [id, cost]));
  const ways = new Map<string, number>();
  const wayOf = (id: string): number => {
    const known = ways.get(id);
    if (known !== undefined) return known;
    // Tasks that wait for each other are not followed round and round.
    ways.set(id, 0);
    const way = (costs.get(id) ?? 0) + Math.max(0, ...(behind.get(id) ?? []).map(wayOf));
    ways.set(id, way);
    return way;
  };
  for (const { id } of tasks) wayOf(id);
  return ways;
}
