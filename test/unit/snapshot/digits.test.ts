import fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendFloat, appendInteger } from '../../../src/snapshot/digits.js';

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
