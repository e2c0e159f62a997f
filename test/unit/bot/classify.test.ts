import type { Update } from 'grammy/types';
import { describe, expect, test } from 'vitest';
import { type Ask, classify } from '../../../src/bot/classify.js';
import { commandUpdate, GROUP_ID, pressUpdate, type Sender } from '../../support/bot/updates.js';

const FROM: Sender = { id: 5_000_000_001, name: 'Sara' };
const FIGHT_ID = '457a2901-2713-4d57-89c1-dda7c314d90e';

const command = (text: string, from: Partial<Sender> = {}, chatId?: number) =>
  classify(
    commandUpdate({
      updateId: 7,
      from: { ...FROM, ...from },
      text,
      ...(chatId === undefined ? {} : { chatId }),
    }),
    'CardBot',
  );
const press = (data: string) => classify(pressUpdate({ updateId: 8, from: FROM, data }), 'CardBot');

describe('commands', () => {
  test.each([
    ['/start', 'read', { kind: 'start' }],
    ['/start ref_42', 'read', { kind: 'start' }],
    ['/help', 'read', { kind: 'help' }],
    ['/profile', 'read', { kind: 'profile' }],
    ['/cards', 'read', { kind: 'cards', ownerId: 5_000_000_001n, page: 1 }],
    ['/leaderboard', 'read', { kind: 'top', window: 'all' }],
    ['/claim', 'write', { kind: 'claim' }],
    ['/fight', 'write', { kind: 'fight' }],
    ['/Claim@cardbot now', 'write', { kind: 'claim' }],
  ] as const)('%s is a %s', (text, access, request) => {
    expect(command(text)).toMatchObject({ access, request, updateId: 7 });
  });

  test.each(['/claim@otherbot', '/claims', '/nonsense', 'claim', 'hello /claim', '/', '/claim@'])(
    '%j is nothing to this bot',
    (text) => {
      expect(command(text)).toBeNull();
    },
  );

  test('carry the player, the chat, the message and when it was sent', () => {
    expect(command('/fight', {}, GROUP_ID)).toStrictEqual({
      access: 'write',
      updateId: 7,
      request: { kind: 'fight' },
      who: { user_id: 5_000_000_001n, username: null, first_name: 'Sara' },
      chatId: GROUP_ID,
      threadId: null,
      language: 'fa',
      messageId: 70,
      sentAtS: 1_760_171_400,
      press: null,
    });
  });

  test.each([
    ['fa', 'fa'],
    ['en', 'en'],
    ['en-US', 'en'],
    ['EN', 'en'],
    ['de', 'fa'],
  ])('language_code %s reads %s', (language, expected) => {
    expect(command('/help', { language })).toMatchObject({ language: expected });
  });

  test('in a topic of a group are answered there', () => {
    const update = commandUpdate({ updateId: 7, from: FROM, text: '/help', chatId: GROUP_ID });
    Object.assign(update.message!, { is_topic_message: true, message_thread_id: 12 });
    expect(classify(update, 'CardBot')).toMatchObject({ threadId: 12 });
  });

  test('of bots are ignored', () => {
    const update = commandUpdate({ updateId: 7, from: FROM, text: '/claim' });
    update.message!.from!.is_bot = true;
    expect(classify(update, 'CardBot')).toBeNull();
  });
});

describe('presses', () => {
  test.each([
    [`cards:${FROM.id}:2`, 'read', { kind: 'cards', ownerId: 5_000_000_001n, page: 2 }],
    ['top:week', 'read', { kind: 'top', window: 'week' }],
    [`picks:${FIGHT_ID}:3`, 'read', { kind: 'picks', fightId: FIGHT_ID, page: 3 }],
    [`accept:${FIGHT_ID}`, 'write', { kind: 'accept', fightId: FIGHT_ID }],
    [`pick:${FIGHT_ID}:9`, 'write', { kind: 'pick', fightId: FIGHT_ID, playerCardId: 9n }],
    [`stat:${FIGHT_ID}:iq`, 'write', { kind: 'stat', fightId: FIGHT_ID, stat: 'iq' }],
    ['of-an-older-bot', 'read', { kind: 'unknown' }],
  ] as const)('%s is a %s', (data, access, request) => {
    expect(press(data)).toMatchObject({ access, request, updateId: 8 });
  });

  test('carry what is needed to answer them, and whom the message names', () => {
    const update = pressUpdate({ updateId: 8, from: FROM, data: 'top:all', names: 77 });
    expect(classify(update, 'CardBot')).toMatchObject({
      messageId: 77,
      sentAtS: null,
      press: { queryId: 'query-8', hasText: true, forUserId: 77n },
    });
  });

  test('below a picture are known as such', () => {
    const update = pressUpdate({ updateId: 8, from: FROM, data: 'top:all', isPicture: true });
    const ask = classify(update, 'CardBot') as Ask;
    expect(ask.press).toStrictEqual({
      queryId: 'query-8',
      hasText: false,
      forUserId: null,
    });
  });
});

test.each([
  { update_id: 1 },
  { update_id: 1, edited_message: { text: '/claim' } },
  { update_id: 1, my_chat_member: {} },
  { update_id: 1, kind_of_tomorrow: {} },
  { update_id: 1, message: { chat: { id: 1 }, text: '/claim' } },
  { update_id: 1, callback_query: { id: '1', from: { id: 1 }, inline_message_id: 'x', data: 'y' } },
])('an update that is nothing to this bot is ignored: %j', (update) => {
  expect(classify(update as unknown as Update, 'CardBot')).toBeNull();
});

test.each<[string, object]>([
  ['no message', { message: null }],
  ['a text that is a list', { message: { text: ['/claim'], from: { id: 1 }, chat: { id: 1 } } }],
  ['an id that is text', { message: { text: '/claim', from: { id: '1' }, chat: { id: 1 } } }],
  ['an id above 2^53', { message: { text: '/claim', from: { id: 2 ** 60 }, chat: { id: 1 } } }],
  ['no chat', { message: { text: '/claim', from: { id: 1 } } }],
  ['a button that is an object', { callback_query: { from: { id: 1 }, data: {}, message: {} } }],
])('what Telegram cannot have sent is malformed: %s', (_what, update) => {
  expect(classify({ update_id: 9, ...update } as Update, 'CardBot')).toBe('malformed');
});
