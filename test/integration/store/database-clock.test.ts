import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../../src/lib/clock.js';
import { databaseClock } from '../../../src/store/database-clock.js';
import type { Database } from '../../../src/store/executor.js';
import { atEnd } from '../../support/cleanup.js';
import { GAMES } from '../../support/game-stores.js';

describe.each(Object.entries(GAMES))('the clock of %s', (_name, make) => {
  it('is that of its machine, whatever the clock of the bot shows', async () => {
    const database = (await make()).openDatabase();
    const wrong: Clock = { now: () => new Date(0), monotonicMs: () => performance.now() };
    const clock = await databaseClock(database, wrong);
    atEnd(() => clock.stop());
    // The database's machine is this one; a second is more than a question takes.
    expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(1_000);
  });
});

describe('a clock that is set by a database', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A database whose answers take a while, and a bot that starts at 1,000. */
  async function start() {
    const state = { databaseMs: 50_000, monotonicMs: 1_000, takesMs: 0, isAway: false };
    const database = {
      dialect: { nowMs: 'now' },
      read: async () => {
        if (state.isAway) throw new Error('away');
        state.monotonicMs += state.takesMs;
        state.databaseMs += state.takesMs;
        return [{ now_ms: state.databaseMs - state.takesMs / 2 }];
      },
    } as unknown as Database;
    const own: Clock = { now: () => new Date(0), monotonicMs: () => state.monotonicMs };
    const clock = await databaseClock(database, own);
    const pass = async (ms: number) => {
      state.monotonicMs += ms;
      state.databaseMs += ms;
      await vi.advanceTimersByTimeAsync(ms);
    };
    return { state, clock, pass };
  }

  it('is set again every ten seconds, by the middle of the round trip', async () => {
    const { state, clock, pass } = await start();
    expect(clock.now().getTime()).toBe(50_000);
    state.databaseMs += 700;
    state.takesMs = 200;
    await pass(10_000);
    expect(clock.now().getTime()).toBe(state.databaseMs);
  });

  it('goes on while the database is away or slow', async () => {
    const { state, clock, pass } = await start();
    state.isAway = true;
    await pass(10_000);
    expect(clock.now().getTime()).toBe(60_000);
    Object.assign(state, { isAway: false, takesMs: 1_500, databaseMs: 90_000 });
    await pass(10_000);
    expect(clock.now().getTime()).toBe(71_500);
  });
});
