import { describe, expect, test } from 'vitest';
import { createOrderedQueue, messageKey, pressKey } from '../../../src/loadtest/order.js';

interface Item {
  key: string;
  name: string;
}

function queueOf(...items: Item[]) {
  const queue = createOrderedQueue<Item>(({ key }) => key);
  for (const item of items) queue.add(item);
  return queue;
}

const a1 = { key: 'a', name: 'a1' };
const a2 = { key: 'a', name: 'a2' };
const a3 = { key: 'a', name: 'a3' };
const b1 = { key: 'b', name: 'b1' };

describe('the ordered queue', () => {
  test('holds back the next of a key until the one before is finished', () => {
    const queue = queueOf(a1, a2, b1);
    expect([queue.take(), queue.take(), queue.take()]).toEqual([a1, b1, undefined]);
    queue.finish(b1);
    expect(queue.take()).toBe(undefined);
    queue.finish(a1);
    expect(queue.take()).toBe(a2);
  });

  test('gives an item that was put back before the next of its key', () => {
    const queue = queueOf(a1, a2);
    queue.take();
    queue.putBack(a1);
    expect([queue.take(), queue.take()]).toEqual([a1, undefined]);
  });

  test('keeps the order of a key over many items, and starts afresh once it is empty', () => {
    const queue = queueOf(a1, a2, a3);
    const taken = [];
    for (let item = queue.take(); item !== undefined; item = queue.take()) {
      taken.push(item);
      queue.finish(item);
    }
    expect(taken).toEqual([a1, a2, a3]);
    queue.add(a1);
    expect(queue.take()).toBe(a1);
  });

  test('counts what is not finished, taken or not', () => {
    const queue = queueOf(a1, a2, b1);
    expect(queue.size).toBe(3);
    queue.take();
    expect(queue.size).toBe(3);
    queue.finish(a1);
    expect(queue.size).toBe(2);
  });

  test('a private chat and its user, who have the same number, are different keys', () => {
    expect(messageKey(7)).not.toBe(pressKey(7));
  });
});
