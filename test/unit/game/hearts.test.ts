import { describe, expect, it } from 'vitest';
import { heartsNow, heartsRestoredInMs, withoutHearts } from '../../../src/game/hearts.js';
import { HOUR_MS, NOW, NOW_TEXT } from './support.js';

describe('hearts', () => {
  it.each([
    ['stay for a day', 3, '2025-10-10T12:00:00.000001', 3, '2025-10-10T12:00:00.000001'],
    ['are restored after 24 h', 3, '2025-10-10T12:00:00', 10, NOW_TEXT],
    ['are restored long after', 0, '1700000000', 10, NOW_TEXT],
    ['are restored when it is not known when they last were', 0, null, 10, NOW_TEXT],
    ['are restored when that is no time', 0, 'never', 10, NOW_TEXT],
    ['are ten when the column is null', null, NOW_TEXT, 10, NOW_TEXT],
    ['above ten are not taken away', 15, '2025-10-01T12:00:00', 15, NOW_TEXT],
    ['that are none stay none for a day', 0, NOW_TEXT, 0, NOW_TEXT],
  ])('%s', (_what, hearts, last_heart_reset, expected, reset) => {
    expect(heartsNow({ hearts, last_heart_reset }, NOW)).toEqual({
      hearts: expected,
      last_heart_reset: reset,
    });
  });

  it('tell when they are restored', () => {
    expect(heartsRestoredInMs({ last_heart_reset: '2025-10-11T11:00:00' }, NOW)).toBe(23 * HOUR_MS);
    expect(heartsRestoredInMs({ last_heart_reset: '2025-10-01T11:00:00' }, NOW)).toBe(0);
    expect(heartsRestoredInMs({ last_heart_reset: null }, NOW)).toBe(0);
  });

  it('never fall below none', () => {
    const two = { hearts: 2, last_heart_reset: NOW_TEXT };
    expect(withoutHearts(two, 1)).toEqual({ hearts: 1, last_heart_reset: NOW_TEXT });
    expect(withoutHearts(two, 3)).toEqual({ hearts: 0, last_heart_reset: NOW_TEXT });
  });
});
