import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Button, buttonData, parseButton } from '../../../src/game/buttons.js';
import { WINDOWS } from '../../../src/game/leaderboard.js';
import { STATS } from '../../../src/game/stat.js';

const ids = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const pages = fc.integer({ min: 1, max: 999_999_999 });
const fightIds = fc.oneof(fc.uuid(), fc.stringMatching(/^[!-9;-~]{1,36}$/));

const buttons: fc.Arbitrary<Button> = fc.oneof(
  fc.record({ kind: fc.constant('cards' as const), ownerId: ids, page: pages }),
  fc.record({ kind: fc.constant('top' as const), window: fc.constantFrom(...WINDOWS) }),
  fc.record({ kind: fc.constant('accept' as const), fightId: fightIds }),
  fc.record({ kind: fc.constant('pick' as const), fightId: fightIds, playerCardId: ids }),
  fc.record({ kind: fc.constant('picks' as const), fightId: fightIds, page: pages }),
  fc.record({
    kind: fc.constant('stat' as const),
    fightId: fightIds,
    stat: fc.constantFrom(...STATS),
  }),
);

const FIGHT_ID = '457a2901-2713-4d57-89c1-dda7c314d90e';

describe('callback data', () => {
  it.each([
    [{ kind: 'cards', ownerId: 9007199254740993n, page: 12 }, 'cards:9007199254740993:12'],
    [{ kind: 'top', window: 'week' }, 'top:week'],
    [{ kind: 'accept', fightId: FIGHT_ID }, `accept:${FIGHT_ID}`],
    [
      { kind: 'pick', fightId: FIGHT_ID, playerCardId: 9223372036854775807n },
      `pick:${FIGHT_ID}:9223372036854775807`,
    ],
    [{ kind: 'picks', fightId: FIGHT_ID, page: 2 }, `picks:${FIGHT_ID}:2`],
    [{ kind: 'stat', fightId: FIGHT_ID, stat: 'iq' }, `stat:${FIGHT_ID}:iq`],
  ] as [Button, string][])('of %o', (button, data) => {
    expect(buttonData(button)).toBe(data);
    expect(parseButton(data)).toEqual(button);
  });

  it('gives back every button, and is 64 bytes at most', () => {
    fc.assert(
      fc.property(buttons, (button) => {
        const data = buttonData(button);
        expect(Buffer.byteLength(data)).toBeLessThanOrEqual(64);
        expect(parseButton(data)).toEqual(button);
      }),
    );
  });

  it('of more than 64 bytes is never made', () => {
    const button: Button = { kind: 'accept', fightId: 'ش'.repeat(40) };
    expect(() => buttonData(button)).toThrow(RangeError);
  });
});

describe('malformed data is no button', () => {
  it.each([
    '',
    'cards',
    'cards:1',
    'cards:1:1:1',
    'cards::1',
    'cards:1:0',
    'cards:1:-1',
    'cards:1:1.5',
    'cards:01:1',
    'cards:-0:1',
    'cards:+1:1',
    'cards: 1:1',
    'cards:1e3:1',
    'cards:۱:1',
    'cards:9223372036854775808:1',
    'cards:-9223372036854775809:1',
    'top:',
    'top:year',
    'top:week:',
    'accept:',
    `accept:${'a'.repeat(41)}`,
    'accept:a:b',
    'pick:a:',
    'pick:a:b',
    'pick::1',
    'picks:a:x',
    'stat:a:luck',
    'stat:a:POWER',
    'stat:a:toString',
    'constructor:a:b',
    'CARDS:1:1',
    'cards:1:1\n',
  ])('%j', (data) => {
    expect(parseButton(data)).toBeNull();
  });

  it('what is read as a button is written as the same data', () => {
    const parts = fc.array(
      fc.constantFrom(
        'cards',
        'top',
        'pick',
        'picks',
        'stat',
        'accept',
        '1',
        '-1',
        '0',
        '00',
        'iq',
        'week',
        'x',
        '',
      ),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(parts, (fields) => {
        const data = fields.join(':');
        const button = parseButton(data);
        if (button !== null) expect(buttonData(button)).toBe(data);
      }),
    );
  });
});
