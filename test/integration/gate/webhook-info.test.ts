import { expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { startBotApi } from '../../../src/loadtest/bot-api.js';
import type { WebhookInfo } from '../../../src/loadtest/methods.js';
import { readWebhookInfo } from '../../../src/steps/gate/sources/webhook-info.js';
import { atEnd } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';
import { serve } from './http.js';

const BOT_TOKEN = '12345:AA-nobody-may-see-this';
const INFO: WebhookInfo = {
  url: 'https://bot.example.org/hook',
  pendingUpdates: 3,
  connectionsMax: 40,
  lastError: undefined,
};

async function telegram(info: Partial<WebhookInfo> = {}): Promise<string> {
  const api = await startBotApi(
    { port: 0, token: BOT_TOKEN },
    {
      clock: systemClock,
      roll: Math.random,
      webhookInfo: () => ({ ...INFO, ...info }),
      onCall: () => undefined,
    },
  );
  atEnd(() => api.close());
  return api.url;
}

function read(apiRoot: string, token = BOT_TOKEN, timeoutMs = 5_000) {
  const clock = { ...systemClock, now: () => new Date(1_760_000_000_000) };
  return readWebhookInfo({ token, apiRoot, clock, timeoutMs }, new AbortController().signal);
}

it('what waits, and the last error, are read as Telegram tells them', async () => {
  expect(await read(await telegram())).toEqual({
    pendingUpdates: 3,
    lastError: null,
    atMs: 1_760_000_000_000,
  });
  const lastError = { at: new Date(1_759_999_999_999), kind: 'Connection\u001b[2J refused' };
  expect(await read(await telegram({ lastError }))).toMatchObject({
    lastError: { atMs: 1_759_999_999_000, message: 'Connection [2J refused' },
  });
});

it('a bot without a webhook is sent nothing: that is no empty backlog', async () => {
  await expect(read(await telegram({ url: '' }))).rejects.toThrow(/^the bot has no webhook/);
});

it('a token that Telegram does not know is refused, and not told', async () => {
  const wrong = '999:AA-wrong-token';
  const error = await read(await telegram(), wrong).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ message: expect.stringContaining('401: Unauthorized') });
  expect(String(error)).not.toContain(wrong);
});

it('garbage and silence give no numbers', async () => {
  const garbage = await serve((_request, response) => response.end('{"ok":true,"result":7}'));
  await expect(read(garbage)).rejects.toThrow('says nothing of a webhook');
  const html = await serve((_request, response) => response.end('<!doctype html>'));
  await expect(read(html)).rejects.toThrow("Network request for 'getWebhookInfo' failed!");
  const silent = await serve(() => undefined);
  await expect(read(silent, BOT_TOKEN, 200)).rejects.toThrow(/^no answer within 200 ms$/);
});

it('an address that nobody answers at is told without the token in its path', async () => {
  const error = await read(`http://127.0.0.1:${await freePort()}/`).catch(
    (thrown: Error) => thrown,
  );
  expect(error).toMatchObject({ message: "Network request for 'getWebhookInfo' failed!" });
  expect(String(error)).not.toContain(BOT_TOKEN);
});
