import { describe, expect, test } from 'vitest';
import type { Action } from '../../../src/loadtest/behaviour.js';
import { createReplies } from '../../../src/loadtest/replies.js';
import { FakeClock } from '../cli/helpers.js';
import { shown } from './shown.js';

const GROUP = -1_001;

describe('replies', () => {
  test('the same answer to two updates is no duplicate, a third time it is', () => {
    const { replies, command, reply } = start();
    command(1, 'help');
    expect(reply('Help')).toBe(1);
    command(2, 'help');
    expect(reply('Help')).toBe(2);
    expect(replies.duplicates).toBe(0);
    reply('Help');
    expect(replies.duplicates).toBe(1);
  });

  test('several different messages may answer one update', () => {
    const { replies, command, reply } = start();
    command(1, 'claim');
    expect([reply('A card'), reply('Its story')]).toEqual([1, 1]);
    expect(replies.duplicates).toBe(0);
  });

  test('a late answer goes to the update that waits for one', () => {
    const { replies, command, reply } = start();
    command(1, 'help');
    command(2, 'profile');
    expect([reply('Help'), reply('Profile')]).toEqual([1, 2]);
    expect(replies.duplicates).toBe(0);
  });

  test('a repetition is a duplicate, though the last update was another', () => {
    const { replies, command, reply } = start();
    command(1, 'help');
    reply('Help');
    command(2, 'profile');
    reply('Profile');
    reply('Help');
    expect(replies.duplicates).toBe(1);
  });

  test('what is not certain is no duplicate', () => {
    const { replies, command, reply } = start();
    command(1, 'start');
    reply('Hello');
    command(2, 'help');
    reply('Hello');
    expect(replies.duplicates).toBe(0);
  });

  test('a reply that quotes a message, or comes in the answer of the webhook, is certain', () => {
    const { replies, command, reply } = start();
    command(1, 'help', 7, 101);
    command(2, 'help', 7, 102);
    expect(reply('Help', { params: { reply_parameters: { message_id: 102 } } })).toBe(2);
    expect(reply('Help', { updateId: 1 })).toBe(1);
    expect(replies.duplicates).toBe(0);
    reply('Help', { updateId: 1 });
    expect(replies.duplicates).toBe(1);
  });

  test('a challenge answers a /fight, whatever else waits in the group', () => {
    const { command, replies } = start();
    command(1, 'help', GROUP);
    command(2, 'fight', GROUP);
    const message = shown(GROUP, ['accept:f1']);
    const call = { method: 'sendMessage', params: {}, shown: [message], updateId: undefined };
    expect(replies.sent(message, call)?.updateId).toBe(2);
  });

  test('a press that is answered twice is a duplicate', () => {
    const { replies, press } = start();
    press(5);
    expect(replies.answered('5').choice.data).toBe('top:all');
    expect(replies.duplicates).toBe(0);
    replies.answered('5');
    expect(replies.duplicates).toBe(1);
  });

  test('a press is answered late after 15 s, or when it is not answered at all by then', () => {
    const { replies, press, clock } = start();
    for (const updateId of [1, 2, 3]) press(updateId);
    clock.ms = 15_000;
    replies.answered('1');
    expect(replies.answersLate()).toBe(0);
    clock.ms = 15_001;
    replies.answered('2');
    expect(replies.answersLate()).toBe(2);
    clock.ms = 150_001;
    press(4);
    expect(replies.answersLate()).toBe(2);
  });

  test('Telegram does not know a press after 150 s, nor one that was never made', () => {
    const { replies, press, clock } = start();
    press(1);
    clock.ms = 150_001;
    for (const queryId of ['1', '2']) {
      expect(() => replies.answered(queryId)).toThrow('query is too old');
    }
  });
});

function start() {
  const clock = new FakeClock();
  const replies = createReplies(clock);
  const player = {
    userId: 7,
    name: 'Ann',
    groupId: GROUP,
    isNew: false,
    hasActed: true,
    hasClaimed: false,
  };
  const post = (updateId: number, action: Action, messageId?: number) =>
    replies.posted({
      updateId,
      dueMs: clock.monotonicMs(),
      player,
      kind: action.kind,
      action,
      messageId,
    });
  return {
    clock,
    replies,
    command: (updateId: number, kind: Action['kind'], chatId = 7, messageId = updateId) =>
      post(updateId, { type: 'command', kind, chatId, text: `/${kind}` }, messageId),
    press: (updateId: number) =>
      post(updateId, {
        type: 'press',
        kind: 'top',
        data: 'top:all',
        message: shown(7, ['top:all']),
      }),
    reply: (text: string, more: { params?: object; updateId?: number } = {}) => {
      const message = shown(7, [], { text });
      const { params = {}, updateId } = more;
      const call = { method: 'sendMessage', params: { ...params }, shown: [message], updateId };
      return replies.sent(message, call)?.updateId;
    },
  };
}
