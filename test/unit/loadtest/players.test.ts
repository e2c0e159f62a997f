import { describe, expect, test } from 'vitest';
import { createDice } from '../../../src/loadtest/dice.js';
import { createPlayers, type PlayersOptions } from '../../../src/loadtest/players.js';

const options: PlayersOptions = {
  users: 100,
  userIds: Array.from({ length: 200 }, (_, index) => 1_000 + index),
  newShare: 0.1,
  newUserIdFrom: 1_150,
  groupSize: 20,
};

describe('players', () => {
  test('are existing ones and a share of new ones, whose ids nobody has', () => {
    const { all } = createPlayers(options, createDice(1));
    const known = all.filter(({ isNew }) => !isNew).map(({ userId }) => userId);
    const fresh = all.filter(({ isNew }) => isNew).map(({ userId }) => userId);
    expect([known.length, fresh.length, new Set([...known, ...fresh]).size]).toEqual([90, 10, 100]);
    expect(known.filter((userId) => !options.userIds.includes(userId))).toEqual([]);
    expect(fresh.sort()).toEqual(Array.from({ length: 10 }, (_, index) => 1_200 + index));
  });

  test('are new ones where there are too few', () => {
    const { all } = createPlayers({ ...options, userIds: [5, 6] }, createDice(1));
    expect(
      all
        .filter(({ isNew }) => !isNew)
        .map(({ userId }) => userId)
        .sort(),
    ).toEqual([5, 6]);
    expect(all).toHaveLength(100);
  });

  test('are in groups of one size', () => {
    const { all } = createPlayers(options, createDice(1));
    const sizes = new Map<number, number>();
    for (const { groupId } of all) sizes.set(groupId, (sizes.get(groupId) ?? 0) + 1);
    expect([...sizes.values()]).toEqual([20, 20, 20, 20, 20]);
    expect(Math.max(...sizes.keys())).toBeLessThan(-1_000_000_000_000);
  });

  test('get turns about evenly: 2 to 3 in a minute that has 2.5 for each', () => {
    const players = createPlayers({ ...options, users: 1_000 }, createDice(1));
    const turns = new Map<number, number>();
    const minutes = 10;
    for (let turn = 0; turn < 2_500 * minutes; turn += 1) {
      const { userId } = players.next();
      turns.set(userId, (turns.get(userId) ?? 0) + 1);
    }
    const rates = players.all.map(({ userId }) => (turns.get(userId) ?? 0) / minutes);
    expect(rates.filter((rate) => rate < 2 || rate > 3)).toEqual([]);
    expect(new Set(rates).size).toBeGreaterThan(1);
  });

  test('the same seed makes the same players take the same turns', () => {
    const turnsOf = (seed: number) => {
      const players = createPlayers(options, createDice(seed));
      return Array.from({ length: 300 }, () => players.next().userId);
    };
    expect(turnsOf(7)).toEqual(turnsOf(7));
    expect(turnsOf(7)).not.toEqual(turnsOf(8));
  });
});
