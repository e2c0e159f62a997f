import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendFloat, appendInteger, floatText } from '../../../src/snapshot/digits.js';

test('whole numbers of up to 2^53 are written digit by digit', () => {
  const buffer = Buffer.alloc(32);
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(buffer.toString('latin1', 0, appendInteger(buffer, 0, value))).toBe(String(value));
    }),
  );
});

test('doubles read back to the same bits', () => {
  const buffer = Buffer.alloc(40);
  fc.assert(
    fc.property(fc.double(), (value) => {
      const text = buffer.toString('latin1', 0, appendFloat(buffer, 0, value));
      expect(Number(text)).toBe(value);
    }),
  );
});

// What Postgres 15 prints for `SELECT x::float8`.
test.each([
  [0.1 + 0.2, '0.30000000000000004'],
  [1e14, '100000000000000'],
  [1e15, '1e+15'],
  [123456789012345680, '1.2345678901234568e+17'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [5e-324, '5e-324'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [-0, '-0'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('%d is written as Postgres writes it', (value, text) => {
  expect(floatText(value)).toBe(text);
});
