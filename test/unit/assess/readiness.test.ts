import { describe, expect, it } from 'vitest';
import type { RecentUsers } from '../../../src/snapshot/take/recent-users.js';
import { readinessOf } from '../../../src/steps/assess/readiness.js';

const CALM = { users: 100, recent: recentUsers(10), bytes: 1e6 };

describe('the verdict', () => {
  it.each([
    ['at 3,000 users', { users: 3_000 }, 'not yet'],
    ['above 3,000 users', { users: 3_001 }, 'plan'],
    ['just below 5,000 users', { users: 4_999 }, 'plan'],
    ['at 5,000 users', { users: 5_000 }, 'start'],
    ['with 500 users at once', { recent: recentUsers(500) }, 'not yet'],
    ['with more than 500 users at once', { recent: recentUsers(501) }, 'start'],
    ['at 2 GB', { bytes: 2e9 }, 'not yet'],
    ['above 2 GB', { bytes: 2e9 + 1 }, 'start'],
    ['by the gravest threshold', { users: 4_000, bytes: 3e9 }, 'start'],
    ['of what can be known', { users: null, recent: null }, 'not yet'],
  ] as const)('%s', (_, found, verdict) => {
    expect(readinessOf({ ...CALM, ...found }).verdict).toBe(verdict);
  });

  it('gives the thresholds that led to it as its reasons, then what is unknown', () => {
    const { reasons } = readinessOf({ ...CALM, users: 12_345, bytes: 2.5e9 });
    expect(reasons).toEqual([
      'users: 12,345 (above 3,000 plan, from 5,000 start)',
      'size: 2500.0 MB (above 2 GB start)',
      'response time: unknown (above 1 s start); cannot be seen from the file: look at how long the bot takes to answer',
    ]);
  });

  it('carries every threshold with its value, its own verdict and its basis', () => {
    const { thresholds } = readinessOf({ users: 3_500, recent: null, bytes: 7 });
    expect(thresholds).toEqual([
      {
        name: 'users',
        value: 3_500,
        unit: 'users',
        threshold: 'above 3,000 plan, from 5,000 start',
        verdict: 'plan',
        basis: 'rows of the table of players',
      },
      {
        name: 'active at once',
        value: null,
        unit: 'users',
        threshold: 'above 500 start',
        verdict: 'unknown',
        basis: 'there is no time at which a player did something',
      },
      {
        name: 'size',
        value: 7,
        unit: 'bytes',
        threshold: 'above 2 GB start',
        verdict: 'not yet',
        basis: 'the file',
      },
      {
        name: 'response time',
        value: null,
        unit: 'seconds',
        threshold: 'above 1 s start',
        verdict: 'unknown',
        basis: 'cannot be seen from the file: look at how long the bot takes to answer',
      },
    ]);
  });

  it('does not take a game without any activity for a calm one', () => {
    const { thresholds } = readinessOf({ ...CALM, recent: { ...recentUsers(0), newestS: null } });
    expect(thresholds[1]).toMatchObject({ value: null, verdict: 'unknown' });
  });

  it('says which times were left aside', () => {
    const recent = { ...recentUsers(3), unreadable: 2, inFuture: 1_000 };
    expect(readinessOf({ ...CALM, recent }).thresholds[1]?.basis).toBe(
      'players with a time in the 15 minutes up to the newest, 2025-10-11T10:20:30, in ' +
        'players.last_claim; 2 values are no time; 1,000 lie in the future and do not count',
    );
  });
});

function recentUsers(users: number): RecentUsers {
  return {
    users,
    newestS: Date.UTC(2025, 9, 11, 10, 20, 30) / 1_000,
    columns: [{ table: 'players', user: 'user_id', time: 'last_claim', users }],
    unreadable: 0,
    inFuture: 0,
  };
}
