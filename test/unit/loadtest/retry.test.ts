import { expect, test } from 'vitest';
import { retryAfterMs } from '../../../src/loadtest/retry.js';

test('the ladder goes at once, 2, 4, 8 s and on up to 120 s', () => {
  const ladder = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(retryAfterMs);
  expect(ladder).toEqual([0, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000]);
});
