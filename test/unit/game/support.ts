import type { Now } from '../../../src/game/time.js';
import type { CardRow, FightRow, OwnedCardRow, PlayerRow } from '../../../src/store/rows.js';

export const HOUR_MS = 3_600_000;

/** Noon of 11 October 2025 in Tehran, which is 3:30 ahead of UTC. */
export const NOW: Now = { ms: Date.UTC(2025, 9, 11, 8, 30), zone: 'Asia/Tehran' };
export const NOW_TEXT = '2025-10-11T12:00:00';

export function later(ms: number): Now {
  return { ...NOW, ms: NOW.ms + ms };
}

export function player(columns: Partial<PlayerRow> = {}): PlayerRow {
  return {
    user_id: 101n,
    username: 'negar_k',
    first_name: 'نگار',
    hearts: 10,
    lives: 10,
    total_score: 0,
    last_heart_reset: NOW_TEXT,
    last_lives_reset: null,
    last_claim: null,
    created_at: '2024-01-01T00:00:00',
    ...columns,
  };
}

export function card(columns: Partial<CardRow> = {}): CardRow {
  return {
    card_id: 'c1',
    name: 'رستم دلاور',
    rarity: 'normal',
    power: 10,
    speed: 20,
    iq: 30,
    popularity: 40,
    abilities: '[]',
    dialogs: null,
    biography: null,
    image_path: null,
    created_at: '2024-01-01T00:00:00',
    ...columns,
  };
}

/** A fight that 202 has accepted. */
export function fight(columns: Partial<FightRow> = {}): FightRow {
  return {
    fight_id: '457a2901-2713-4d57-89c1-dda7c314d90e',
    challenger_id: 101n,
    opponent_id: 202n,
    challenger_card_id: null,
    opponent_card_id: null,
    challenger_stat: null,
    opponent_stat: null,
    status: 'selecting_cards',
    chat_id: -1001n,
    created_at: NOW_TEXT,
    expires_at: '2025-10-11T12:15:00',
    ...columns,
  };
}

export function challenge(columns: Partial<FightRow> = {}): FightRow {
  return fight({ opponent_id: 0n, status: 'waiting_opponent', ...columns });
}

export function owned(columns: Partial<OwnedCardRow> = {}): OwnedCardRow {
  return {
    id: 1n,
    user_id: 101n,
    card_id: 'c1',
    name: 'رستم',
    rarity: 'normal',
    power: 10,
    speed: 20,
    iq: 30,
    popularity: 40,
    usage_count: 0,
    is_favorite: false,
    ...columns,
  };
}

/** Without the marks of direction, which cannot be seen in a test either. */
export function plain(text: string): string {
  return text.replace(/[\u200e\u200f\u2066-\u2069]/g, '');
}
