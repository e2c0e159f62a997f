import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTime, writeTime } from '../../../src/game/time.js';

const TEHRAN = 'Asia/Tehran';
const BERLIN = 'Europe/Berlin';

describe('a stored time is read in every form that the bot has written', () => {
  const noon = Date.UTC(2025, 9, 11, 8, 30, 30);

  it.each([
    ['naive text', '2025-10-11T12:00:30', noon],
    ['naive text with microseconds', '2025-10-11T12:00:30.123456', noon + 123.456],
    ['naive text with a space', '2025-10-11 12:00:30', noon],
    ['naive text with a space and milliseconds', '2025-10-11 12:00:30.123', noon + 123],
    ['text that ends in Z', '2025-10-11T08:30:30.123456Z', noon + 123.456],
    ['text with an offset', '2025-10-11T10:30:30+02:00', noon],
    ['Unix seconds as text', '1760171430', noon],
    ['Unix seconds with a fraction, as text', '1760171430.123', noon + 123],
    ['Unix milliseconds as text', '1760171430123', noon + 123],
    ['Unix seconds as a number', 1760171430, noon],
    ['Unix seconds with a fraction', 1760171430.123, noon + 123],
    ['Unix milliseconds as a number', 1760171430123, noon + 123],
    ['Unix seconds as a bigint', 1760171430n, noon],
    ['Unix milliseconds as a bigint', 1760171430123n, noon + 123],
    ['a date alone', '2025-10-11', Date.UTC(2025, 9, 10, 20, 30)],
    ['null', null, null],
    ['empty text', '', null],
    ['text that is no time', 'yesterday', null],
  ])('%s', (_form, value, expected) => {
    expect(readTime(value, TEHRAN)).toBe(expected);
  });
});

describe('naive text is read by the clock of the zone', () => {
  it.each([
    [TEHRAN, 'summer time, which Tehran had until 2022', '2022-07-01T12:00:00', '07:30:00'],
    [TEHRAN, 'winter time', '2022-12-01T12:00:00', '08:30:00'],
    [TEHRAN, 'summer without summer time', '2025-07-01T12:00:00', '08:30:00'],
    [BERLIN, 'winter time', '2025-01-15T12:00:00', '11:00:00'],
    [BERLIN, 'summer time', '2025-07-15T12:00:00', '10:00:00'],
    [BERLIN, 'the last second before summer time', '2025-03-30T01:59:59', '00:59:59'],
    [BERLIN, 'the first second of summer time', '2025-03-30T03:00:00', '01:00:00'],
    [BERLIN, 'a time that the clock skipped', '2025-03-30T02:30:00', '01:30:00'],
    [BERLIN, 'a time that the clock showed twice', '2025-10-26T02:30:00', '00:30:00'],
    [BERLIN, 'the first second that it showed once', '2025-10-26T03:00:00', '02:00:00'],
    ['America/New_York', 'a zone behind UTC', '2025-01-15T12:00:00', '17:00:00'],
    ['America/New_York', 'a zone behind UTC, twice', '2025-11-02T01:30:00', '05:30:00'],
    ['UTC', 'UTC', '2025-01-15T12:00:00', '12:00:00'],
  ])('%s: %s', (zone, _what, text, utc) => {
    expect(readTime(text, zone)).toBe(Date.parse(`${text.slice(0, 10)}T${utc}Z`));
  });
});

describe('a time is written as isoformat() does', () => {
  it.each([
    ['no fraction when it is zero', 0, '2025-10-11T12:00:30'],
    ['six digits for one microsecond', 0.001, '2025-10-11T12:00:30.000001'],
    ['six digits for a tenth', 100, '2025-10-11T12:00:30.100000'],
    ['the last microsecond of a second', 999.999, '2025-10-11T12:00:30.999999'],
    [
      'what is nearer to the next second than to its last microsecond',
      999.9997,
      '2025-10-11T12:00:31',
    ],
  ])('%s', (_what, fractionMs, text) => {
    expect(writeTime(Date.UTC(2025, 9, 11, 8, 30, 30) + fractionMs, TEHRAN)).toBe(text);
  });

  it('in the zone, summer and winter, before 1970 too', () => {
    expect(writeTime(Date.UTC(2025, 6, 1), BERLIN)).toBe('2025-07-01T02:00:00');
    expect(writeTime(Date.UTC(2025, 0, 1), BERLIN)).toBe('2025-01-01T01:00:00');
    expect(writeTime(Date.UTC(2025, 0, 1), 'America/New_York')).toBe('2024-12-31T19:00:00');
    expect(writeTime(-0.5, 'UTC')).toBe('1969-12-31T23:59:59.999500');
  });

  it('refuses a zone that there is not', () => {
    expect(() => writeTime(0, 'Asia/Teheran')).toThrow(RangeError);
  });
});

const zones = fc.constantFrom(TEHRAN, BERLIN, 'America/New_York', 'Asia/Kathmandu', 'UTC');
const microseconds = fc.integer({ min: 0, max: Date.UTC(2100, 0) * 1_000 });

describe('the way out and back', () => {
  it('text that was written is read and written as the same text, in every zone', () => {
    fc.assert(
      fc.property(microseconds, zones, (us, zone) => {
        const text = writeTime(us / 1_000, zone);
        expect(writeTime(readTime(text, zone)!, zone)).toBe(text);
      }),
    );
  });

  it('an instant is the same to the microsecond, in a zone that shows no time twice', () => {
    fc.assert(
      fc.property(microseconds, (us) => {
        expect(readTime(writeTime(us / 1_000, 'Asia/Kathmandu'), 'Asia/Kathmandu')).toBe(
          us / 1_000,
        );
      }),
    );
  });

  it('an instant is the same or, in the hour that is shown twice, an hour before', () => {
    fc.assert(
      fc.property(microseconds, fc.constantFrom(TEHRAN, BERLIN), (us, zone) => {
        const apartMs = us / 1_000 - readTime(writeTime(us / 1_000, zone), zone)!;
        expect([0, 3_600_000]).toContain(Math.round(apartMs * 1_000) / 1_000);
      }),
    );
  });
});
