import { describe, expect, test } from 'vitest';
import { type Action, decide } from '../../../src/loadtest/behaviour.js';
import { createDice } from '../../../src/loadtest/dice.js';
import { createFights } from '../../../src/loadtest/fights.js';
import { isWrite } from '../../../src/loadtest/kinds.js';
import type { Player } from '../../../src/loadtest/players.js';
import { createScreens } from '../../../src/loadtest/screens.js';
import { shown } from './shown.js';

const GROUP = -1_001;

describe('what a player does', () => {
  test('a new player starts', () => {
    const { actions } = play({ turns: 1, player: { isNew: true }, writesShare: 1 });
    expect(actions).toEqual([{ type: 'command', kind: 'start', chatId: 7, text: '/start' }]);
  });

  test('writes have their share', () => {
    const { actions } = play({ turns: 10_000, writesShare: 0.3 });
    const share = actions.filter(({ kind }) => isWrite(kind)).length / actions.length;
    // 10,000 throws: the deviation is 0.0046.
    expect(Math.abs(share - 0.3)).toBeLessThan(0.02);
  });

  test('without buttons all commands are sent, each to where it belongs', () => {
    const { actions } = play({ turns: 1_000, writesShare: 0.3 });
    const sent = new Set(actions.map((action) => `${action.kind} ${placeOf(action)}`));
    expect([...sent].sort()).toEqual([
      'cards private',
      'claim private',
      'fight group',
      'help private',
      'leaderboard private',
      'profile private',
      'start private',
    ]);
  });

  test('page buttons are pressed as they stand on the last messages', () => {
    const [first, second, third] = [['cards:7:2'], ['top:week', 'other:1'], ['cards:7:3']].map(
      (buttons) => shown(7, buttons),
    );
    const { actions } = play({
      turns: 500,
      writesShare: 0,
      see: ({ screens }) => {
        for (const message of [first, second, third]) if (message) screens.show(message);
        for (const buttons of [[], ['other:1']]) screens.show(shown(7, buttons));
      },
    });
    const pressed = actions.flatMap((action) =>
      action.type === 'press' ? [`${action.kind} ${action.data} ${action.message.messageId}`] : [],
    );
    expect([...new Set(pressed)].sort()).toEqual([
      `page cards:7:3 ${third?.messageId}`,
      `top top:week ${second?.messageId}`,
    ]);
  });

  test('a message whose buttons are gone is not pressed', () => {
    const message = shown(7, ['cards:7:2']);
    const { actions } = play({
      turns: 200,
      writesShare: 0,
      see: ({ screens }) => {
        screens.show(message);
        screens.show({ ...message, keyboard: undefined });
      },
    });
    expect(actions.filter(({ type }) => type === 'press')).toEqual([]);
  });

  test('an open challenge is taken before another is made', () => {
    const { actions } = play({
      turns: 1,
      writesShare: 1,
      see: ({ fights }) => fights.show(shown(GROUP, ['accept:f1']), 8),
    });
    expect(actions).toMatchObject([{ type: 'press', kind: 'accept', data: 'accept:f1' }]);
  });

  test('a fight goes on before anything else: pick, then stat', () => {
    const { actions } = play({
      turns: 3,
      writesShare: 1,
      see: ({ fights }) => {
        const message = shown(GROUP, ['accept:f1']);
        fights.show(message, 7);
        fights.show({ ...shown(GROUP, ['pick:f1:10', 'picks:f1:2', 'stat:f1:iq']) }, undefined);
        fights.show(shown(GROUP, ['accept:f2']), 8);
      },
    });
    expect(
      actions
        .map(({ kind }) => kind)
        .slice(0, 2)
        .sort(),
    ).toEqual(['pick', 'stat']);
    expect(actions[2]).toMatchObject({ kind: 'accept', data: 'accept:f2' });
  });

  test('pages of cards to fight with are turned as a read', () => {
    const { actions } = play({
      turns: 100,
      writesShare: 0,
      see: ({ fights }) => {
        fights.show(shown(GROUP, ['accept:f1']), 7);
        fights.show(shown(GROUP, ['pick:f1:10', 'picks:f1:2']), undefined);
      },
    });
    const pressed = actions.flatMap((action) => (action.type === 'press' ? [action.data] : []));
    expect(new Set(pressed)).toEqual(new Set(['picks:f1:2']));
  });

  test('nobody challenges twice at once', () => {
    const { actions } = play({
      turns: 50,
      writesShare: 1,
      see: ({ fights }) => fights.show(shown(GROUP, ['accept:f1']), 7),
    });
    expect(new Set(actions.map(({ kind }) => kind))).toEqual(new Set(['claim']));
  });

  test('the same seed decides the same', () => {
    const decided = (seed: number) => play({ turns: 50, writesShare: 0.3, seed }).actions;
    expect(decided(7)).toEqual(decided(7));
    expect(decided(7)).not.toEqual(decided(8));
  });
});

function play(options: {
  turns: number;
  writesShare: number;
  seed?: number;
  player?: Partial<Player>;
  see?: (world: {
    screens: ReturnType<typeof createScreens>;
    fights: ReturnType<typeof createFights>;
  }) => void;
}) {
  const world = { screens: createScreens(), fights: createFights() };
  options.see?.(world);
  const dice = createDice(options.seed ?? 1);
  const player = {
    userId: 7,
    name: 'Ann',
    groupId: GROUP,
    isNew: false,
    hasActed: false,
    hasClaimed: false,
    ...options.player,
  };
  const actions = Array.from({ length: options.turns }, () => decide(player, world, options, dice));
  return { actions };
}

function placeOf(action: Action): string {
  const chatId = action.type === 'press' ? action.message.chatId : action.chatId;
  return chatId === GROUP ? 'group' : 'private';
}
