import { expect, test } from 'vitest';
import { secretCheck } from '../../../src/bot/secret.js';

test.each([
  ['s3cret-token', true],
  ['s3cret-tokem', false],
  ['s3cret-toke', false],
  ['s3cret-token ', false],
  ['', false],
  [undefined, false],
  [['s3cret-token'], false],
])('%j is taken for the secret: %s', (given, expected) => {
  expect(secretCheck('s3cret-token')(given)).toBe(expected);
});
