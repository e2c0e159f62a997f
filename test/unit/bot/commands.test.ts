import { describe, expect, test } from 'vitest';
import { fightIdOf } from '../../../src/game/random.js';
import { commandUpdate, GROUP_ID } from '../../support/bot/updates.js';
import { card, NOW_TEXT, player } from '../game/support.js';
import {
  BABAK,
  buttonsOf,
  createPlay,
  give,
  IN_ENGLISH,
  methodsOf,
  NEGAR,
  type Play,
  textOf,
  withPlayers,
} from './play.js';

const SARA = { id: 303, name: 'سارا' };
const inGroup = { chatId: GROUP_ID };

describe('reads', () => {
  test('/help explains the game in the answer to the webhook, in both languages', async () => {
    const play = createPlay();
    const persian = await play.command(NEGAR, '/help');
    const english = await play.command({ ...NEGAR, ...IN_ENGLISH }, '/help');
    expect(persian.call).toMatchObject({
      method: 'sendMessage',
      payload: { chat_id: 101, parse_mode: 'HTML' },
    });
    expect(textOf(persian.call)).toContain('<b>راهنما');
    expect(textOf(english.call)).toContain('<b>How to play</b>');
    expect([...persian.outbox, ...english.outbox]).toStrictEqual([]);
  });

  test('/profile tells score, rank, hearts, results and cards', async () => {
    const play = withPlayers(createPlay());
    play.store.tables.players.set(202n, player({ user_id: 202n, total_score: 50 }));
    const { call, answer } = await play.command({ ...NEGAR, ...IN_ENGLISH }, '/profile');
    expect(answer.status).toBe(200);
    expect(textOf(call).split('\n')).toStrictEqual([
      '<b>👤 نگار</b>',
      '',
      '🏆 Score: 0',
      '📊 Rank: 2',
      '❤️ Hearts: 10 of 10',
      '',
      '⚔️ Fights: 0',
      '',
      '🎴 Cards: 1',
      '🟡 Legend: 0 · 🟣 Epic: 1 · ⚪️ Normal: 0',
      '',
      '🎁 Your card of today is ready: /claim',
    ]);
    expect(buttonsOf(call!)).toStrictEqual([['cards:101:1']]);
  });

  test('/cards shows six cards a page, and its buttons turn the page in place', async () => {
    const play = withPlayers(createPlay());
    for (let i = 10; i < 17; i += 1) {
      play.store.tables.cards.set(`c${i}`, card({ card_id: `c${i}`, name: `کارت ${i}` }));
      give(play, BigInt(i), 101n, `c${i}`);
    }
    const first = await play.command(NEGAR, '/cards');
    expect(buttonsOf(first.call!)).toStrictEqual([['cards:101:2']]);
    const second = await play.press(NEGAR, 'cards:101:2', { messageId: 55 });
    expect(second.call).toMatchObject({
      method: 'editMessageText',
      payload: { chat_id: 101, message_id: 55 },
    });
    expect(textOf(second.call)).toContain('کارت 16');
    expect(second.outbox).toStrictEqual([
      { method: 'answerCallbackQuery', payload: { callback_query_id: 'query-1002' } },
    ]);
  });

  test('pages below a picture come as a new message', async () => {
    const play = withPlayers(createPlay());
    const taken = await play.press(NEGAR, 'cards:101:1', { isPicture: true });
    expect(taken.call?.method).toBe('sendMessage');
  });

  test.each([
    ['fa', 'این دکمه‌ها'],
    ['en', 'These buttons are for another player.'],
  ])('the pages of another player stay shut, in %s', async (language, text) => {
    const play = withPlayers(createPlay());
    const taken = await play.press({ ...BABAK, language }, 'cards:101:1', inGroup);
    expect(taken.call).toMatchObject({
      method: 'answerCallbackQuery',
      payload: { show_alert: true, text: expect.stringContaining(text) },
    });
    expect(taken.outbox).toStrictEqual([]);
  });

  test('/leaderboard lists the best, and its buttons the best of a week', async () => {
    const play = withPlayers(createPlay());
    play.store.tables.players.set(
      202n,
      player({ user_id: 202n, first_name: 'بابک', total_score: 50 }),
    );
    play.store.tables.history.push({
      ...{ user_id: 101n, user_card_id: 'strong', opponent_card_id: 'weak', stat_used: 'iq' },
      ...{ result: 'win', score_gained: 7, hearts_lost: 0, fought_at: NOW_TEXT },
      ...{ fight_type: 'pvp', opponent_user_id: 202n },
    });
    const all = await play.command({ ...NEGAR, ...IN_ENGLISH }, '/leaderboard');
    expect(textOf(all.call).split('\n').slice(2)).toStrictEqual([
      '🥇 بابک — 50 points · 1 card',
      '🥈 نگار — 0 points · 1 card',
    ]);
    const week = await play.press({ ...NEGAR, ...IN_ENGLISH }, 'top:week');
    expect(textOf(week.call).split('\n').slice(2)).toStrictEqual(['🥇 نگار — 7 points · 1 card']);
  });

  test('a button that nobody knows is answered with nothing', async () => {
    const taken = await createPlay().press(NEGAR, 'of-an-older-bot');
    expect(taken.replies).toStrictEqual([
      { method: 'answerCallbackQuery', payload: { callback_query_id: 'query-1001' } },
    ]);
  });
});

describe('a player who is not known yet', () => {
  test.each(['/start', '/profile', '/cards'])('is added by %s, once', async (text) => {
    const play = createPlay();
    const first = await play.command(SARA, text);
    expect(play.store.tables.players.get(303n)).toStrictEqual({
      user_id: 303n,
      username: null,
      first_name: 'سارا',
      hearts: 10,
      lives: 10,
      total_score: 0,
      last_heart_reset: NOW_TEXT,
      last_lives_reset: NOW_TEXT,
      last_claim: null,
      created_at: NOW_TEXT,
    });
    expect(textOf(first.outbox[0])).toContain('سارا');
    const second = await play.command(SARA, text);
    expect(second.outbox).toStrictEqual([]);
    expect(textOf(second.call)).toBe(textOf(first.outbox[0]));
    expect([...play.store.ledger.keys()]).toStrictEqual([1_001n]);
  });

  test('is added by the first claim', async () => {
    const play = createPlay();
    play.store.tables.cards.set('c1', card());
    await play.command(SARA, '/claim');
    expect(play.store.tables.players.get(303n)).toMatchObject({ last_claim: NOW_TEXT });
  });
});

describe('/claim', () => {
  test('gives a card that the player does not have, through the ledger', async () => {
    const play = withPlayers(createPlay());
    const taken = await play.command({ ...NEGAR, ...IN_ENGLISH }, '/claim');
    expect(taken.answer).toStrictEqual({ status: 200, body: '' });
    expect(textOf(taken.outbox[0])).toContain('🎉 نگار, here is your new card!\n\n⚪️ <b>موش</b>');
    expect(play.store.tables.playerCards.get(3n)).toStrictEqual({
      id: 3n,
      user_id: 101n,
      card_id: 'weak',
      obtained_at: NOW_TEXT,
      usage_count: 0,
      is_favorite: false,
    });
    expect(play.store.tables.players.get(101n)?.last_claim).toBe(NOW_TEXT);
    expect(play.sentIds).toStrictEqual([1_001n]);
  });

  test('a second one in a day is refused, in words', async () => {
    const play = withPlayers(createPlay());
    await play.command(NEGAR, '/claim');
    const persian = await play.command(NEGAR, '/claim');
    const english = await play.command({ ...NEGAR, ...IN_ENGLISH }, '/claim');
    expect(textOf(persian.outbox[0])).toContain('۲۴ ساعت');
    expect(textOf(english.outbox[0])).toBe(
      'You have claimed your card of today. The next one is ready in 24 hours.',
    );
    expect(play.store.tables.playerCards.size).toBe(3);
  });

  test('a card with a picture comes with it, by its path', async () => {
    const play = withPlayers(createPlay());
    play.store.tables.cards.set('weak', card({ card_id: 'weak', image_path: 'cards/موش.png' }));
    const { outbox } = await play.command(NEGAR, '/claim');
    expect(outbox[0]).toMatchObject({
      method: 'sendPhoto',
      payload: { chat_id: 101, photo: 'attach://cards/موش.png', parse_mode: 'HTML' },
    });
    expect(buttonsOf(outbox[0])).toStrictEqual([['cards:101:1']]);
  });

  test('the same update draws the same card on every server', async () => {
    const draws = [];
    for (let server = 0; server < 3; server += 1) {
      const play = createPlay();
      for (let i = 0; i < 50; i += 1) {
        play.store.tables.cards.set(`c${i}`, card({ card_id: `c${i}` }));
      }
      await play.take(commandUpdate({ updateId: 4_711, from: NEGAR, text: '/claim' }));
      draws.push(play.store.tables.playerCards.get(1n)?.card_id);
    }
    expect(new Set(draws).size).toBe(1);
  });
});

/** Negar has challenged, Babak has accepted, in a group. */
async function accepted(play: Play): Promise<string> {
  const opened = await play.command(NEGAR, '/fight', inGroup);
  const data = buttonsOf(opened.outbox[0])[0]![0]!;
  await play.press(BABAK, data, inGroup);
  return data.slice('accept:'.length);
}

describe('a fight', () => {
  test('opens in a group, with a button for everybody, quoting the command', async () => {
    const play = withPlayers(createPlay());
    const { outbox } = await play.command({ ...NEGAR, ...IN_ENGLISH }, '/fight', inGroup);
    const fightId = fightIdOf(1_001);
    expect(outbox[0]).toMatchObject({
      method: 'sendMessage',
      payload: {
        chat_id: GROUP_ID,
        reply_parameters: { message_id: 10_010, allow_sending_without_reply: true },
      },
    });
    expect(textOf(outbox[0])).toBe(
      '⚔️ نگار wants a fight!\nThe first one to accept fights. Open for 15 minutes.',
    );
    expect(buttonsOf(outbox[0])).toStrictEqual([[`accept:${fightId}`]]);
    expect(play.store.tables.fights.get(fightId)).toMatchObject({
      challenger_id: 101n,
      opponent_id: 0n,
      status: 'waiting_opponent',
      chat_id: BigInt(GROUP_ID),
      expires_at: '2025-10-11T12:15:00',
    });
  });

  test.each([
    ['fa', 'گروه'],
    ['en', 'Fights are for groups.'],
  ])('is refused in a private chat, in %s', async (language, text) => {
    const play = withPlayers(createPlay());
    const { outbox } = await play.command({ ...NEGAR, language }, '/fight');
    expect(textOf(outbox[0])).toContain(text);
    expect(play.store.tables.fights.size).toBe(0);
  });

  test('is refused without a heart', async () => {
    const play = withPlayers(createPlay());
    play.store.tables.players.set(101n, player({ hearts: 0 }));
    const { outbox } = await play.command({ ...NEGAR, ...IN_ENGLISH }, '/fight', inGroup);
    expect(textOf(outbox[0])).toContain('You have no hearts left.');
    expect(play.store.tables.fights.size).toBe(0);
  });

  test('that is accepted asks each side for a card, in a message of its own', async () => {
    const play = withPlayers(createPlay());
    const opened = await play.command(NEGAR, '/fight', inGroup);
    const data = buttonsOf(opened.outbox[0])[0]![0]!;
    const fightId = data.slice('accept:'.length);
    const taken = await play.press(BABAK, data, { ...inGroup, messageId: 500 });
    expect(methodsOf(taken)).toStrictEqual([
      'answerCallbackQuery',
      'editMessageText',
      'sendMessage',
      'sendMessage',
    ]);
    expect(taken.call?.method).toBe('answerCallbackQuery');
    const [edited, challengers, opponents] = taken.outbox;
    expect(edited?.payload).toMatchObject({ chat_id: GROUP_ID, message_id: 500 });
    expect(buttonsOf(edited)).toStrictEqual([]);
    expect(textOf(challengers)).toContain('tg://user?id=101');
    expect(buttonsOf(challengers)).toStrictEqual([[`pick:${fightId}:1`]]);
    expect(textOf(opponents)).toContain('tg://user?id=202');
    expect(buttonsOf(opponents)).toStrictEqual([[`pick:${fightId}:2`]]);
    expect(play.store.tables.fights.get(fightId)).toMatchObject({
      opponent_id: 202n,
      status: 'selecting_cards',
    });
  });

  test('is accepted by one: the next and the challenger are told why not', async () => {
    const play = withPlayers(createPlay());
    play.store.tables.players.set(303n, player({ user_id: 303n }));
    const opened = await play.command(NEGAR, '/fight', inGroup);
    const data = buttonsOf(opened.outbox[0])[0]![0]!;
    const own = await play.press({ ...NEGAR, ...IN_ENGLISH }, data, inGroup);
    await play.press(BABAK, data, inGroup);
    const late = await play.press({ ...SARA, ...IN_ENGLISH }, data, inGroup);
    expect(own.replies).toMatchObject([{ payload: { text: 'You cannot fight yourself!' } }]);
    expect(late.replies).toMatchObject([
      { payload: { show_alert: true, text: 'This challenge has already been accepted.' } },
    ]);
    expect(play.store.tables.fights.get(data.slice(7))?.opponent_id).toBe(202n);
  });

  test('that has expired loses its button', async () => {
    const play = withPlayers(createPlay());
    const opened = await play.command(NEGAR, '/fight', inGroup);
    const data = buttonsOf(opened.outbox[0])[0]![0]!;
    const row = play.store.tables.fights.get(data.slice(7))!;
    play.store.tables.fights.set(row.fight_id, { ...row, expires_at: NOW_TEXT });
    const late = await play.press({ ...BABAK, ...IN_ENGLISH }, data, { ...inGroup, messageId: 9 });
    expect(methodsOf(late)).toStrictEqual(['answerCallbackQuery', 'editMessageText']);
    expect(textOf(late.outbox[0])).toBe('⌛️ Nobody accepted the challenge of نگار in time.');
    expect(buttonsOf(late.outbox[0])).toStrictEqual([]);
  });

  test.each(['accept', 'pick', 'stat', 'picks'])('that is gone is told at %s', async (kind) => {
    const play = withPlayers(createPlay());
    const rest = { accept: '', pick: ':1', stat: ':iq', picks: ':1' }[kind];
    const taken = await play.press({ ...NEGAR, ...IN_ENGLISH }, `${kind}:no-fight${rest}`, inGroup);
    expect(taken.replies).toMatchObject([
      { method: 'answerCallbackQuery', payload: { text: 'This fight is no longer there.' } },
    ]);
  });

  test('card and stat are chosen step by step, and the other is waited for', async () => {
    const play = withPlayers(createPlay());
    const fightId = await accepted(play);
    const english = { ...NEGAR, ...IN_ENGLISH };
    const picked = await play.press(english, `pick:${fightId}:1`, inGroup);
    expect(buttonsOf(picked.outbox[0])).toStrictEqual([
      [`stat:${fightId}:power`, `stat:${fightId}:speed`],
      [`stat:${fightId}:iq`, `stat:${fightId}:popularity`],
    ]);
    const chosen = await play.press(english, `stat:${fightId}:power`, inGroup);
    expect(textOf(chosen.outbox[0])).toBe('✅ نگار has chosen.\n⏳ Waiting for بابک…');
    expect(play.store.tables.fights.get(fightId)).toMatchObject({
      challenger_card_id: 'strong',
      challenger_stat: 'power',
      opponent_card_id: null,
      status: 'selecting_cards',
    });
  });

  test('is decided by the last choice, with all that follows, in one transaction', async () => {
    const play = withPlayers(createPlay());
    const fightId = await accepted(play);
    await play.press(NEGAR, `pick:${fightId}:1`, inGroup);
    await play.press(NEGAR, `stat:${fightId}:power`, inGroup);
    await play.press(BABAK, `pick:${fightId}:2`, inGroup);
    play.cache.calls.length = 0;
    const last = await play.press({ ...BABAK, ...IN_ENGLISH }, `stat:${fightId}:iq`, inGroup);
    expect(methodsOf(last)).toStrictEqual(['answerCallbackQuery', 'editMessageText']);
    expect(textOf(last.outbox[0])).toBe(
      [
        '<b>⚔️ The fight is over!</b>',
        '',
        'نگار with 🟣 <b>رستم</b>',
        'Power 90 + IQ 70 = <b>160</b>',
        '',
        'بابک with ⚪️ <b>موش</b>',
        'Power 10 + IQ 30 = <b>40</b>',
        '',
        '🏆 Winner: <b>نگار</b>',
        '➕ نگار gains 7 points.',
      ].join('\n'),
    );
    const { tables } = play.store;
    expect(tables.fights.get(fightId)).toMatchObject({
      status: 'finished',
      challenger_card_id: 'strong',
      challenger_stat: 'power',
      opponent_card_id: 'weak',
      opponent_stat: 'iq',
    });
    expect(tables.players.get(101n)).toMatchObject({ total_score: 7, hearts: 10 });
    expect(tables.players.get(202n)).toMatchObject({ total_score: 0, hearts: 10 });
    expect(tables.history).toMatchObject([
      { user_id: 101n, result: 'win', score_gained: 7, stat_used: 'power', opponent_user_id: 202n },
      { user_id: 202n, result: 'loss', score_gained: 0, stat_used: 'iq', opponent_user_id: 101n },
    ]);
    expect([...tables.playerCards.values()].map(({ usage_count }) => usage_count)).toStrictEqual([
      1, 1,
    ]);
    expect([...tables.cooldowns.values()]).toMatchObject([
      { user_id: 101n, card_id: 'strong', wins_count: 1, is_in_cooldown: false },
    ]);
    expect(play.cache.calls.toSorted()).toStrictEqual([
      'forget 101',
      'forget 202',
      expect.stringMatching(/^note 101 postgres:0\/\d+$/),
      expect.stringMatching(/^note 202 postgres:0\/\d+$/),
    ]);
  });

  test('a tap that comes again as a new update does nothing twice', async () => {
    const play = withPlayers(createPlay());
    const fightId = await accepted(play);
    const taps = [
      [NEGAR, `pick:${fightId}:1`, 'You have already chosen your card.'],
      [NEGAR, `stat:${fightId}:iq`, 'You have already chosen your stat.'],
      [BABAK, `pick:${fightId}:2`, 'You have already chosen your card.'],
      [BABAK, `stat:${fightId}:iq`, 'This fight is over.'],
    ] as const;
    for (const [from, data, refusal] of taps) {
      await play.press(from, data, inGroup);
      const { history, fights, players } = structuredClone(play.store.tables);
      const again = await play.press({ ...from, ...IN_ENGLISH }, data, inGroup);
      expect(again.replies).toMatchObject([{ payload: { show_alert: true, text: refusal } }]);
      expect(play.store.tables).toMatchObject({ history, fights, players });
    }
    expect(play.store.tables.history.map(({ user_id }) => user_id)).toStrictEqual([101n, 202n]);
  });

  test("one side's buttons are not for the other side, nor for onlookers", async () => {
    const play = withPlayers(createPlay());
    const fightId = await accepted(play);
    const english = { ...BABAK, ...IN_ENGLISH };
    const told = async (from: typeof english, data: string, names?: number) => {
      const options = names === undefined ? inGroup : { ...inGroup, names };
      const { replies } = await play.press(from, data, options);
      return replies.map(({ payload }) => payload.text);
    };
    const another = ['These buttons are for another player.'];
    expect(await told(english, `pick:${fightId}:1`)).toStrictEqual(another);
    expect(await told(english, `pick:${fightId}:2`, 101)).toStrictEqual(another);
    expect(await told(english, `stat:${fightId}:iq`, 101)).toStrictEqual(another);
    expect(await told(english, `picks:${fightId}:1`, 101)).toStrictEqual(another);
    const onlooker = { ...SARA, ...IN_ENGLISH };
    for (const data of ['pick', 'stat', 'picks'].map((kind) => `${kind}:${fightId}`)) {
      const rest = data.startsWith('stat') ? ':iq' : ':1';
      expect(await told(onlooker, data + rest, 101)).toStrictEqual(['This is not your fight.']);
    }
  });

  test('the cards to choose from are turned over in place, without those that rest', async () => {
    const play = withPlayers(createPlay());
    for (let i = 10; i < 17; i += 1) {
      play.store.tables.cards.set(`c${i}`, card({ card_id: `c${i}`, name: `کارت ${i}` }));
      give(play, BigInt(i), 101n, `c${i}`);
    }
    play.store.tables.cooldowns.set('101:strong', {
      ...{ user_id: 101n, card_id: 'strong', wins_count: 10, last_win_time: NOW_TEXT },
      ...{ cooldown_until: '2025-10-12T12:00:00', is_in_cooldown: true },
    });
    const fightId = await accepted(play);
    const page = await play.press(NEGAR, `picks:${fightId}:2`, { ...inGroup, names: 101 });
    expect(page.call?.method).toBe('editMessageText');
    expect(buttonsOf(page.call!)).toStrictEqual([[`pick:${fightId}:16`], [`picks:${fightId}:1`]]);
    const resting = await play.press({ ...NEGAR, ...IN_ENGLISH }, `pick:${fightId}:1`, inGroup);
    expect(resting.replies).toMatchObject([
      { payload: { text: 'This card is resting. It is ready in 24 hours.' } },
    ]);
    await play.press(NEGAR, `pick:${fightId}:16`, inGroup);
    const chosen = await play.press({ ...NEGAR, ...IN_ENGLISH }, `picks:${fightId}:1`, inGroup);
    expect(chosen.replies).toMatchObject([
      { payload: { text: 'You have already chosen your card.' } },
    ]);
  });

  test('a fight whose card was removed is no longer there, and stays undecided', async () => {
    const play = withPlayers(createPlay());
    const fightId = await accepted(play);
    await play.press(NEGAR, `pick:${fightId}:1`, inGroup);
    await play.press(NEGAR, `stat:${fightId}:power`, inGroup);
    await play.press(BABAK, `pick:${fightId}:2`, inGroup);
    play.store.tables.cards.delete('strong');
    const last = await play.press({ ...BABAK, ...IN_ENGLISH }, `stat:${fightId}:iq`, inGroup);
    expect(last.replies).toMatchObject([{ payload: { text: 'This fight is no longer there.' } }]);
    expect(play.store.tables.history).toStrictEqual([]);
    expect(play.store.tables.fights.get(fightId)?.status).toBe('selecting_stats');
  });
});
