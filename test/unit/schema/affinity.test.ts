import { expect, test } from 'vitest';
import { affinityOf } from '../../../src/schema/affinity.js';

test.each([
  ['INTEGER', 'integer'],
  ['unsigned big int', 'integer'],
  ['CHARINT', 'integer'],
  ['POINT', 'integer'],
  ['VARCHAR(3)', 'text'],
  ['clob', 'text'],
  ['TEXT', 'text'],
  ['', 'blob'],
  ['BLOB', 'blob'],
  ['REAL', 'real'],
  ['FLOAT', 'real'],
  ['DOUBLE PRECISION', 'real'],
  ['BOOLEAN', 'numeric'],
  ['DECIMAL(10,5)', 'numeric'],
  ['DATETIME', 'numeric'],
  ['STRING', 'numeric'],
] as const)('the type %j has %s affinity', (type, affinity) => {
  expect(affinityOf(type)).toBe(affinity);
});

test('ANY keeps what it is given in a STRICT table, and is for numbers in any other', () => {
  expect(affinityOf('ANY', true)).toBe('blob');
  expect(affinityOf('ANY')).toBe('numeric');
});
