import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api, GrammyError, HttpError, InlineKeyboard, InputFile, InputMediaBuilder } from 'grammy';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { type BotApiCall, startBotApi } from '../../../src/loadtest/bot-api.js';
import type { FaultRule } from '../../../src/loadtest/faults.js';
import { atEnd } from '../../support/cleanup.js';

const TOKEN = '123:abc';

describe('the Bot API, called by grammY', () => {
  test('tells the bot who it is', async () => {
    const { api } = await start();
    expect(await api.getMe()).toMatchObject({ is_bot: true, username: 'loadtest_bot' });
  });

  test('a message that was sent comes back as Telegram has it', async () => {
    const { api, calls } = await start();
    const keyboard = new InlineKeyboard().text('Next', 'cards:7:2').url('Site', 'https://x.test');
    const message = await api.sendMessage(7, 'سلام', { reply_markup: keyboard });
    expect(message).toMatchObject({
      message_id: 1,
      chat: { id: 7, type: 'private' },
      text: 'سلام',
      reply_markup: { inline_keyboard: [[{ text: 'Next', callback_data: 'cards:7:2' }, {}]] },
    });
    expect(calls.map(({ shown }) => shown)).toEqual([
      [expect.objectContaining({ chatId: 7, messageId: 1, text: 'سلام' })],
    ]);
  });

  test('a message to a group is a message of a group', async () => {
    const { api } = await start();
    const { chat } = await api.sendMessage('-1001', 'hello');
    expect(chat).toMatchObject({ id: -1001, type: 'supergroup' });
  });

  test('an edit to the same is refused, to something else is not', async () => {
    const { api } = await start();
    await api.sendMessage(7, 'one\ntwo');
    await expect(api.editMessageText(7, 1, 'one\ntwo')).rejects.toMatchObject({
      error_code: 400,
      description: expect.stringContaining('message is not modified'),
    });
    expect(await api.editMessageText(7, 1, 'one')).toMatchObject({ message_id: 1, text: 'one' });
    const keyboard = new InlineKeyboard().text('A', 'top:all');
    expect(await api.editMessageReplyMarkup(7, 1, { reply_markup: keyboard })).toMatchObject({
      text: 'one',
      reply_markup: keyboard,
    });
  });

  test('an upload gets a file_id, which sends the same picture again', async () => {
    const { api } = await start();
    const uploaded = await api.sendPhoto(7, new InputFile(Buffer.from('png'), 'card.png'), {
      caption: 'A card',
      reply_markup: new InlineKeyboard().text('A', 'top:all'),
    });
    expect(uploaded).toMatchObject({
      caption: 'A card',
      photo: [{ file_id: 'photo-card.png-3' }],
      reply_markup: { inline_keyboard: [[{ callback_data: 'top:all' }]] },
    });
    const again = await api.sendPhoto(7, uploaded.photo[0]?.file_id ?? '');
    expect(again.photo).toEqual(uploaded.photo);
  });

  test('a media group is several messages', async () => {
    const { api } = await start();
    const media = [
      InputMediaBuilder.photo('id-1', { caption: 'one' }),
      InputMediaBuilder.photo(new InputFile(Buffer.from('png'), 'b.png')),
    ];
    expect(await api.sendMediaGroup(7, media)).toMatchObject([
      { message_id: 1, caption: 'one', photo: [{ file_id: 'id-1' }] },
      { message_id: 2, photo: [{ file_id: 'photo-b.png-3' }] },
    ]);
  });

  test('tells about the webhook, and refuses getUpdates while there is one', async () => {
    const { api } = await start();
    expect(await api.getWebhookInfo()).toEqual({
      url: 'http://bot.test/hook',
      has_custom_certificate: false,
      pending_update_count: 3,
      max_connections: 40,
      last_error_date: 1_735_689_600,
      last_error_message: 'status 502',
    });
    await expect(api.getUpdates()).rejects.toMatchObject({ error_code: 409 });
    expect(await api.deleteWebhook()).toBe(true);
    expect(await api.getUpdates()).toEqual([]);
    expect(await api.setWebhook('http://bot.test/hook')).toBe(true);
    await expect(api.getUpdates()).rejects.toMatchObject({ error_code: 409 });
  });

  test('another token is refused', async () => {
    const { url } = await start();
    const stranger = new Api('9:x', { apiRoot: url });
    await expect(stranger.getMe()).rejects.toMatchObject({ error_code: 401 });
  });

  test('a call without a chat is refused', async () => {
    const { api } = await start();
    await expect(api.sendMessage('@nobody', 'hello')).rejects.toMatchObject({
      description: 'Bad Request: chat not found',
    });
  });

  test('fails as it is told, as often as it is told', async () => {
    const { api, botApi } = await start([
      { method: 'sendMessage', times: 1, fault: { kind: 'flood', retryAfterSeconds: 7 } },
      { method: 'sendMessage', times: 1, fault: { kind: 'server error', status: 502 } },
      { method: 'sendMessage', times: 1, fault: { kind: 'reset' } },
      { method: 'sendMessage', times: 1, fault: { kind: 'slow', ms: 20 } },
      { method: 'answerCallbackQuery', times: 1, fault: { kind: 'query is too old' } },
    ]);
    const send = () => api.sendMessage(7, 'hello').catch((error: unknown) => error);
    expect(await send()).toMatchObject({ error_code: 429, parameters: { retry_after: 7 } });
    expect(await send()).toMatchObject({ error_code: 502 });
    expect(await send()).toBeInstanceOf(HttpError);
    expect(await send()).toMatchObject({ message_id: 1 });
    const error = await api.answerCallbackQuery('1').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(GrammyError);
    expect(error).toMatchObject({ description: expect.stringContaining('query is too old') });
    expect(await api.answerCallbackQuery('1')).toBe(true);
    expect(Object.fromEntries(botApi.calls)).toEqual({ sendMessage: 4, answerCallbackQuery: 2 });
    expect(Object.fromEntries(botApi.refused)).toEqual({
      'sendMessage 429': 1,
      'sendMessage 502': 1,
      'answerCallbackQuery 400': 1,
    });
  });

  test('a fault with a share hits that share of the calls', async () => {
    const rolls = [0.1, 0.9, 0.4, 0.5];
    const fault = { kind: 'server error', status: 500 } as const;
    const { api } = await start([{ share: 0.5, fault }], () => rolls.shift() ?? 1);
    const outcomes = [];
    for (let call = 0; call < 4; call += 1) {
      outcomes.push(
        await api.getMe().then(
          () => 'ok',
          () => 'failed',
        ),
      );
    }
    expect(outcomes).toEqual(['failed', 'ok', 'failed', 'ok']);
  });
});

describe('the Bot API', () => {
  test('takes parameters as a form and in the query', async () => {
    const { url, calls } = await start();
    const form = new URLSearchParams({ text: 'hi', reply_markup: '{"inline_keyboard":[]}' });
    const answer = await fetch(`${url}/bot${TOKEN}/sendMessage?chat_id=7`, {
      method: 'POST',
      body: form,
    });
    expect(await answer.json()).toMatchObject({ ok: true, result: { text: 'hi' } });
    expect(calls[0]?.params).toEqual({
      chat_id: '7',
      text: 'hi',
      reply_markup: { inline_keyboard: [] },
    });
  });

  test('what is not JSON is a bad request', async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/bot${TOKEN}/sendMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ ok: false, error_code: 400 }),
    ]);
  });

  test('takes a call that came as the answer of the webhook', async () => {
    const { botApi, calls } = await start();
    botApi.callFromWebhook('{"method":"sendMessage","chat_id":7,"text":"hi"}', 5);
    for (const body of ['', 'ok', '{', '{"ok":true}']) botApi.callFromWebhook(body, 6);
    expect(calls).toMatchObject([
      { method: 'sendMessage', updateId: 5, shown: [{ chatId: 7, text: 'hi' }] },
    ]);
    expect(Object.fromEntries(botApi.calls)).toEqual({ sendMessage: 1 });
  });

  test('a port that is taken is an error of the edge', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    atEnd(() => void other.close());
    await once(other, 'listening');
    await expect(start([], undefined, (other.address() as AddressInfo).port)).rejects.toMatchObject(
      { code: 'edge' },
    );
  });
});

async function start(faults: FaultRule[] = [], roll = () => 0, port = 0) {
  const calls: BotApiCall[] = [];
  const botApi = await startBotApi(
    { port, token: TOKEN, faults },
    {
      clock: systemClock,
      roll,
      webhookInfo: () => ({
        url: 'http://bot.test/hook',
        pendingUpdates: 3,
        connectionsMax: 40,
        lastError: { at: new Date(Date.UTC(2025, 0, 1)), kind: 'status 502' },
      }),
      onCall: (call) => void calls.push(call),
    },
  );
  atEnd(botApi.close);
  return { botApi, calls, url: botApi.url, api: new Api(TOKEN, { apiRoot: botApi.url }) };
}
