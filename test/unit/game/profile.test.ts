import { describe, expect, it } from 'vitest';
import { WINDOWS, windowFromMs } from '../../../src/game/leaderboard.js';
import { newPlayer } from '../../../src/game/player.js';
import { profileOf } from '../../../src/game/profile.js';
import { HOUR_MS, NOW, NOW_TEXT, player } from './support.js';

const CARDS = { normal: 4, epic: 2, legend: 1 };

function profile(fights: { wins: number; losses: number; ties: number }, columns = {}) {
  return profileOf({ player: player(columns), rank: 7, fights, cards: CARDS, now: NOW });
}

describe('a profile', () => {
  it('has the score, the hearts as they are now, and the games', () => {
    const columns = {
      total_score: 250,
      hearts: 3,
      last_heart_reset: '2025-10-11T10:00:00',
      last_claim: '2025-10-10T13:00:00',
    };
    expect(profile({ wins: 5, losses: 2, ties: 1 }, columns)).toEqual({
      who: { user_id: 101n, username: 'negar_k', first_name: 'نگار' },
      score: 250,
      rank: 7,
      hearts: 3,
      heartsRestoredInMs: 22 * HOUR_MS,
      claimInMs: HOUR_MS,
      wins: 5,
      losses: 2,
      ties: 1,
      games: 8,
      winRatePercent: 62.5,
      cards: CARDS,
    });
  });

  it('shows hearts that are due as restored, and a null score as none', () => {
    const columns = { total_score: null, hearts: 0, last_heart_reset: '1700000000' };
    expect(profile({ wins: 0, losses: 0, ties: 0 }, columns)).toMatchObject({
      score: 0,
      hearts: 10,
      heartsRestoredInMs: 0,
      claimInMs: 0,
    });
  });

  it.each([
    [0, 0, 0, null],
    [0, 1, 0, 0],
    [1, 0, 0, 100],
    [1, 1, 1, 33.3],
    [2, 1, 0, 66.7],
  ])('%i wins, %i losses and %i ties are %s percent', (wins, losses, ties, percent) => {
    expect(profile({ wins, losses, ties }).winRatePercent).toBe(percent);
  });
});

it('the leaderboard counts all fights, those of 7 days, or those of 30', () => {
  expect(WINDOWS.map((window) => windowFromMs(window, Date.UTC(2025, 9, 31)))).toEqual([
    null,
    Date.UTC(2025, 9, 24),
    Date.UTC(2025, 9, 1),
  ]);
});

it('a new player has ten hearts, no score and a claim to make', () => {
  const who = { user_id: 9007199254740993n, username: null, first_name: 'Zoë' };
  expect(newPlayer(who, NOW)).toEqual({
    ...who,
    hearts: 10,
    lives: 10,
    total_score: 0,
    last_heart_reset: NOW_TEXT,
    last_lives_reset: NOW_TEXT,
    last_claim: null,
    created_at: NOW_TEXT,
  });
});
