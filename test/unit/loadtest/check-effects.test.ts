import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  checkEffects,
  type GameAfter,
  type GameBefore,
  type HistoryState,
  type PlayerState,
} from '../../../src/loadtest/check-effects.js';
import { openLedger } from '../../../src/loadtest/ledger.js';
import { type ReadLedger, readLedger } from '../../../src/loadtest/read-ledger.js';
import { tempDir } from '../../support/temp-dir.js';

const AT = new Date('2026-03-04T12:00:00Z');
const NOW = '2026-03-04T12:00:05';
const RESET = '2026-03-04T06:00:00';

/** 7 claimed twice and was answered; 8 was not answered. */
let ledger: ReadLedger;
beforeAll(async () => {
  const path = join(await tempDir(), 'ledger.ndjson');
  const writing = openLedger(path, 100, AT);
  writing.sent([
    { updateId: 100, userId: 7, kind: 'claim' },
    { updateId: 101, userId: 7, kind: 'claim' },
    { updateId: 102, userId: 8, kind: 'claim' },
    { updateId: 103, userId: 7, kind: 'fight' },
  ]);
  for (const id of [100, 101]) writing.acknowledged(id, AT, { attempts: 1, byForeign: false });
  writing.close();
  ledger = await readLedger(path);
});

function player(changes: Partial<PlayerState> = {}): PlayerState {
  return { total_score: 20, hearts: 6, last_heart_reset: RESET, last_claim: null, ...changes };
}

const CLAIMED = { last_claim: NOW };

/** 7 claimed and won against 8. */
const BEFORE: GameBefore = {
  at: { ms: AT.getTime(), zone: 'UTC' },
  players: new Map([
    [7n, player()],
    [8n, player()],
  ]),
  finishedFights: 4,
  challenges: new Map([[7n, 2]]),
};

const WON: HistoryState = {
  user_id: 7n,
  user_card_id: 'a',
  opponent_user_id: 8n,
  opponent_card_id: 'b',
  score_gained: 15,
  hearts_lost: 0,
  fought_at: NOW,
};

const LOST: HistoryState = {
  user_id: 8n,
  user_card_id: 'b',
  opponent_user_id: 7n,
  opponent_card_id: 'a',
  score_gained: 0,
  hearts_lost: 2,
  fought_at: NOW,
};

const SEVEN = player({ ...CLAIMED, total_score: 35 });
const EIGHT = player({ hearts: 4 });

function found(changes: Partial<GameAfter> = {}, before: Partial<GameBefore> = {}) {
  const after: GameAfter = {
    players: new Map([
      [7n, SEVEN],
      [8n, EIGHT],
    ]),
    finishedFights: 5,
    challenges: new Map([[7n, 3]]),
    newCards: new Map([[7n, 1]]),
    newHistory: [WON, LOST],
    haveAll: new Set(),
    ...changes,
  };
  return checkEffects(ledger, { ...BEFORE, ...before }, after).map(({ detail }) => detail);
}

function players(seven: Partial<PlayerState>, eight: Partial<PlayerState> = {}) {
  return new Map([
    [7n, { ...SEVEN, ...seven }],
    [8n, { ...EIGHT, ...eight }],
  ]);
}

test('effects that add up pass', () => {
  expect(found()).toEqual([]);
});

test('a card too many is named, and so is one that was claimed and never given', () => {
  expect(found({ newCards: new Map([[7n, 2]]) })).toEqual(['user 7 claimed once and got 2 cards']);
  expect(found({ newCards: new Map([[7n, 3]]) })).toEqual([
    'user 7 got 3 cards for 2 claims',
    'user 7 claimed once and got 3 cards',
  ]);
  expect(found({ newCards: new Map() })).toEqual(['user 7 claimed once and got 0 cards']);
});

test('an answered claim of who could claim must have given a card', () => {
  const nothing = { players: players({ last_claim: null }), newCards: new Map<bigint, number>() };
  expect(found(nothing)).toEqual(['user 7 could claim, got 2 answers to claims and no card']);
  expect(found({ ...nothing, haveAll: new Set([7n]) })).toEqual([]);
});

test('a claim is refused within a day of the last one', () => {
  const last_claim = '2026-03-03T12:00:01';
  const before = new Map([
    [7n, player({ last_claim })],
    [8n, player()],
  ]);
  const after = { players: players({ last_claim }), newCards: new Map<bigint, number>() };
  expect(found(after, { players: before })).toEqual([]);
});

test('a fight leaves two rows, which say the same of it', () => {
  expect(found({ finishedFights: 6 })).toEqual(['2 decided fights left 2 history rows']);
  expect(found({ newHistory: [WON, { ...LOST, user_card_id: 'c' }] })).toEqual([
    `user 7 fought 8 at ${NOW}, who did not fight back`,
    `user 8 fought 7 at ${NOW}, who did not fight back`,
  ]);
});

test('the same two rows twice are a fight too many', () => {
  const newHistory = [WON, LOST, WON, LOST];
  expect(found({ newHistory, players: players({ total_score: 50 }, { hearts: 2 }) })).toEqual([
    '1 decided fights left 4 history rows',
  ]);
});

test('a score that is not the sum of what was gained is named', () => {
  expect(found({ players: players({ total_score: 50 }) })).toEqual([
    'user 7 has 50, the history adds up to 35',
  ]);
});

test('hearts are what is left, never below none; after a restoration there are bounds', () => {
  expect(found({ players: players({}, { hearts: 6 }) })).toEqual([
    'user 8 has 6 hearts, the history leaves 4',
  ]);
  const before = new Map([
    [7n, player()],
    [8n, player({ hearts: 1 })],
  ]);
  expect(found({ players: players({}, { hearts: 0 }) }, { players: before })).toEqual([]);
  const restored = { last_heart_reset: NOW };
  for (const hearts of [8, 10]) {
    expect(found({ players: players({}, { ...restored, hearts }) })).toEqual([]);
  }
  expect(found({ players: players({}, { ...restored, hearts: 7 }) })).toEqual([
    'user 8 has 7 hearts, the history leaves 8 to 10',
  ]);
});

test('who is new began with nothing and ten hearts', () => {
  const before = new Map([[7n, player()]]);
  const eight = (changes: Partial<PlayerState>) => ({ players: players({}, changes) });
  expect(found(eight({ total_score: 0, hearts: 8 }), { players: before })).toEqual([]);
  expect(found(eight({ total_score: 20, hearts: 4 }), { players: before })).toEqual([
    'user 8 has 20, the history adds up to 0',
    'user 8 has 4 hearts, the history leaves 8',
  ]);
});

test('a time is the same in whatever form a database holds it', () => {
  const last_heart_reset = `${RESET}.000000`;
  expect(found({ players: players({}, { last_heart_reset }) })).toEqual([]);
});

test('a /fight that opened two challenges is named, one that was refused is not', () => {
  expect(found({ challenges: new Map([[7n, 4]]) })).toEqual([
    'user 7 opened 2 challenges for 1 of /fight',
  ]);
  expect(found({ challenges: new Map([[7n, 2]]) })).toEqual([]);
  expect(found({ challenges: new Map([[8n, 1]]) })).toEqual([
    'user 8 opened 1 challenges for 0 of /fight',
  ]);
});
