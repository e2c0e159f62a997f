import { expect, test } from 'vitest';
import { smoothWeighted } from '../../../src/loadtest/weighted.js';

const names = (next: () => { name: string }, count: number) =>
  Array.from({ length: count }, () => next().name).join('');

test('weights 5, 1, 1 come spread over the round as in Nginx', () => {
  const next = smoothWeighted([
    { name: 'a', weight: 5 },
    { name: 'b', weight: 1 },
    { name: 'c', weight: 1 },
  ]);
  expect(names(next, 14)).toBe('aabacaaaabacaa');
});

test('a weight of zero is never chosen', () => {
  const next = smoothWeighted([
    { name: 'a', weight: 0 },
    { name: 'b', weight: 2 },
  ]);
  expect(names(next, 5)).toBe('bbbbb');
});
