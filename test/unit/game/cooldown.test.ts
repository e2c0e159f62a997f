import { describe, expect, it } from 'vitest';
import { cooldownAfterWin, readyCards, restRemainingMs } from '../../../src/game/cooldown.js';
import type { CardCooldownRow, CardCooldownSettingRow } from '../../../src/store/rows.js';
import { HOUR_MS, NOW, NOW_TEXT, owned } from './support.js';

function cooldown(columns: Partial<CardCooldownRow> = {}): CardCooldownRow {
  return {
    user_id: 101n,
    card_id: 'c1',
    wins_count: 0,
    last_win_time: null,
    cooldown_until: null,
    is_in_cooldown: false,
    ...columns,
  };
}

function setting(columns: Partial<CardCooldownSettingRow> = {}): CardCooldownSettingRow {
  return { card_id: 'c1', win_limit: 10, cooldown_hours: 24, enabled: true, ...columns };
}

function win(
  row: CardCooldownRow | null,
  { rarity = 'epic', set = null as CardCooldownSettingRow | null } = {},
) {
  const card = { card_id: 'c1', rarity };
  return cooldownAfterWin({ userId: 101n, card, cooldown: row, setting: set, now: NOW });
}

const counted = (wins: number) => cooldown({ wins_count: wins, last_win_time: NOW_TEXT });
const resting = (wins: number, until: string) => ({
  ...counted(wins),
  cooldown_until: until,
  is_in_cooldown: true,
});

describe('a win of an epic or legend card', () => {
  it.each([
    ['the first is counted', null, counted(1)],
    ['a null count is none', cooldown({ wins_count: null }), counted(1)],
    ['the ninth is counted', cooldown({ wins_count: 8 }), counted(9)],
    ['the tenth begins a day of rest', counted(9), resting(10, '2025-10-12T12:00:00')],
    ['the first after a rest begins a new count', resting(10, '2025-10-11T11:59:59'), counted(1)],
    [
      'one in a fight that was begun before the rest lengthens it',
      resting(10, '2025-10-11T12:00:01'),
      resting(11, '2025-10-12T12:00:00'),
    ],
  ])('%s', (_what, before, after) => {
    expect(win(before)).toEqual(after);
    expect(win(before, { rarity: 'legend' })).toEqual(after);
  });

  it('follows the limit and the hours that are set for the card', () => {
    const set = setting({ win_limit: 3, cooldown_hours: 12 });
    expect(win(counted(1), { set })).toEqual(counted(2));
    expect(win(counted(2), { set })).toEqual(resting(3, '2025-10-12T00:00:00'));
  });

  it('takes the defaults for what is not set', () => {
    const set = setting({ win_limit: null, cooldown_hours: null, enabled: null });
    expect(win(counted(8), { set })).toEqual(counted(9));
    expect(win(counted(9), { set })).toEqual(resting(10, '2025-10-12T12:00:00'));
  });

  it('writes nothing when rests are switched off for the card', () => {
    expect(win(counted(9), { set: setting({ enabled: false }) })).toBeNull();
  });
});

it('a normal card never rests', () => {
  expect(win(counted(9), { rarity: 'normal', set: setting() })).toBeNull();
});

describe('a card rests', () => {
  it.each([
    ['until the time that is written', resting(10, '2025-10-11T14:00:00'), 2 * HOUR_MS],
    ['no longer than that, though it is still marked', resting(10, NOW_TEXT), 0],
    ['not when it is not marked', cooldown({ cooldown_until: '2025-10-11T14:00:00' }), 0],
    ['not when no end is written', cooldown({ is_in_cooldown: true }), 0],
    ['not when it has no row', null, 0],
  ])('%s', (_what, row, remainingMs) => {
    expect(restRemainingMs(row, NOW)).toBe(remainingMs);
  });

  it('and the others are ready', () => {
    const cards = ['c1', 'c2', 'c3'].map((card_id) => owned({ card_id }));
    const rows = [
      resting(10, '2025-10-11T14:00:00'),
      { ...resting(10, '2025-10-10T14:00:00'), card_id: 'c2' },
    ];
    expect(readyCards(cards, rows, NOW)).toEqual(cards.slice(1));
  });
});
