import { expect, test } from 'vitest';
import { createFifo } from '../../../src/loadtest/fifo.js';

test('items come out in the order in which they went in, however pushes and shifts alternate', () => {
  const fifo = createFifo<number>();
  fifo.push(1);
  fifo.push(2);
  const out = [fifo.shift()];
  fifo.push(3);
  fifo.push(4);
  expect(fifo.length).toBe(3);
  out.push(fifo.shift(), fifo.shift(), fifo.shift(), fifo.shift());
  expect(out).toEqual([1, 2, 3, 4, undefined]);
  expect(fifo.length).toBe(0);
});
