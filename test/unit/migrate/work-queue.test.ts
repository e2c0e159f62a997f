import { expect, it } from 'vitest';
import { runQueue, type Task } from '../../../src/steps/migrate/work-queue.js';

type Sketch = Pick<Task<string>, 'id'> & Partial<Task<string>>;

const FOREVER = new AbortController().signal;

/** Runs tasks, and tells in which order they began. */
async function begun(workers: number, sketches: readonly Sketch[]): Promise<string[]> {
  const told: string[] = [];
  const tasks = sketches.map((sketch) => ({
    after: [],
    cost: 1,
    run: async () => {
      told.push(sketch.id);
      await Promise.resolve();
    },
    ...sketch,
  }));
  const names = Array.from({ length: workers }, (_, i) => `worker ${i}`);
  await runQueue(tasks, names, FOREVER);
  return told;
}

it('starts with the task from which the way to the end is longest', async () => {
  const order = await begun(1, [
    { id: 'large', cost: 10 },
    { id: 'first of many', cost: 1 },
    { id: 'second', cost: 5, after: ['first of many'] },
    { id: 'third', cost: 5, after: ['second'] },
    { id: 'small', cost: 1 },
  ]);
  expect(order).toEqual(['first of many', 'large', 'second', 'third', 'small']);
});

it('keeps the order of tasks with equally long ways', async () => {
  const ids = ['a', 'b', 'c', 'd'];
  expect(
    await begun(
      1,
      ids.map((id) => ({ id })),
    ),
  ).toEqual(ids);
});

it('never runs two tasks that hold the same name, and does not wait with others', async () => {
  const told: string[] = [];
  const lasting = (id: string) => async () => {
    told.push(`${id} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    told.push(`${id} ends`);
  };
  await begun(2, [
    { id: 'one', cost: 9, exclusive: ['t'], run: lasting('one') },
    { id: 'two', cost: 8, exclusive: ['t', 'u'], run: lasting('two') },
    { id: 'free', cost: 1, run: lasting('free') },
  ]);
  expect(told.slice(0, 2)).toEqual(['one begins', 'free begins']);
  expect(told.indexOf('two begins')).toBeGreaterThan(told.indexOf('one ends'));
});

it('says which tasks wait for each other', async () => {
  const circle = [
    { id: 'a', after: ['b'] },
    { id: 'b', after: ['a'] },
  ];
  await expect(begun(1, circle)).rejects.toThrow('tasks wait for each other: a, b');
});
