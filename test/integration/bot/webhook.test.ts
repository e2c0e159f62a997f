import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { commandUpdate } from '../../support/bot/updates.js';
import { openTestBot, PATH, SECRET, send } from './bots.js';

const NEGAR = { id: 101, name: 'Negar' };
const HELP = commandUpdate({ updateId: 1, from: NEGAR, text: '/help' });
const CLAIM = commandUpdate({ updateId: 2, from: NEGAR, text: '/claim' });

describe('the webhook', () => {
  test('answers a read in its response, and says which server that was', async () => {
    const { post } = await openTestBot();
    const { status, body, headers } = await post(HELP);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ method: 'sendMessage', chat_id: 101 });
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-cardctl-stack': 'fleet',
      'x-cardctl-server': 'postgres-1',
    });
  });

  test('executes a write, and sends its replies as calls of the Bot API', async () => {
    const { post, store, telegram } = await openTestBot();
    const { status, body } = await post(CLAIM);
    expect([status, body]).toStrictEqual([200, '']);
    await vi.waitUntil(() => store.ledger.get(2n)?.isSent === true);
    expect(telegram.calls).toMatchObject([{ method: 'sendMessage', payload: { chat_id: 101 } }]);
  });

  test.each([
    ['without a secret', { 'x-telegram-bot-api-secret-token': '' }, 401],
    ['with a forged secret', { 'x-telegram-bot-api-secret-token': 'telegrams-secret-tokem' }, 401],
    ['that is no JSON by its type', { 'content-type': 'text/plain' }, 415],
  ])('turns away an update %s', async (_what, headers, status) => {
    const { post, store } = await openTestBot();
    expect((await post(CLAIM, headers)).status).toBe(status);
    expect(store.ledger.size).toBe(0);
  });

  test('turns away what comes to another path, or is no POST', async () => {
    const { bot } = await openTestBot();
    const headers = { 'x-telegram-bot-api-secret-token': SECRET };
    expect((await send(`${bot.address}/`, 'POST', { headers })).status).toBe(404);
    expect((await send(`${bot.address}${PATH}/x`, 'POST', { headers })).status).toBe(404);
    expect((await send(`${bot.address}${PATH}`, 'GET', { headers })).status).toBe(405);
  });

  test.each([
    '{"update_id": 1',
    '[]',
    'null',
    '{}',
    '{"update_id": "1"}',
    '{"update_id": 1.5}',
    '',
  ])('turns away what is no update, and logs nothing of it: %s', async (body) => {
    const { post, lines } = await openTestBot();
    const before = lines.length;
    expect((await post(body)).status).toBe(400);
    expect(lines.slice(before)).toStrictEqual([]);
  });

  test('turns away more than a megabyte, told or not, and goes on', async () => {
    const { post, bot } = await openTestBot();
    const big = JSON.stringify({ update_id: 1, text: 'x'.repeat(1_048_576) });
    expect((await post(big)).status).toBe(413);
    const untold = await fetch(`${bot.address}${PATH}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': SECRET },
      body: new Blob([big]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(untold.status).toBe(413);
    expect((await post(HELP)).status).toBe(200);
  });

  test('takes an update of just under a megabyte', async () => {
    const { post } = await openTestBot();
    const big = { ...HELP, padding: '' };
    big.padding = 'x'.repeat(1_048_576 - JSON.stringify(big).length);
    expect((await post(big)).status).toBe(200);
  });

  test('ends a request that trickles in', async () => {
    const { bot, post } = await openTestBot({
      timeouts: { keepAliveMs: 100, headersMs: 150, requestMs: 200, checkMs: 50 },
    });
    const socket = connect(Number(new URL(bot.address!).port), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`);
    socket.write(`x-telegram-bot-api-secret-token: ${SECRET}\r\ncontent-length: 1000\r\n\r\n{"up`);
    const trickle = setInterval(() => socket.write('x'), 20);
    socket.on('error', () => undefined);
    await once(socket, 'close');
    clearInterval(trickle);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect((await post(HELP)).status).toBe(200);
  });

  test('keeps connections longer than Nginx does', async () => {
    const { post } = await openTestBot();
    const { headers } = await post(HELP);
    expect(headers['keep-alive']).toBe('timeout=75');
  });
});

describe('the admin listener', () => {
  test('says that the process lives to anybody, and everything else with its token', async () => {
    const { admin } = await openTestBot();
    expect((await admin('GET', '/livez', 'wrong')).status).toBe(200);
    for (const path of ['/readyz', '/metrics', '/other']) {
      expect((await admin('GET', path, 'wrong')).status).toBe(401);
    }
    expect((await admin('POST', '/cordon', 'wrong')).status).toBe(401);
    expect((await admin('GET', '/other')).status).toBe(404);
    expect((await admin('GET', '/cordon')).status).toBe(404);
    expect((await admin('GET', '/readyz')).status).toBe(200);
  });

  test('a bot is ready with its store, and says who may write', async () => {
    const { admin, store } = await openTestBot();
    store.authorityNow = { store: 'sqlite', epoch: 4, moving: true };
    expect(JSON.parse((await admin('GET', '/readyz')).body)).toStrictEqual({
      ready: true,
      reasons: [],
      stack: 'fleet',
      server: 'postgres-1',
      authority: { store: 'sqlite', epoch: 4, moving: true },
    });
  });

  test('a bot whose store is away is not ready, but lives', async () => {
    const { admin, store } = await openTestBot();
    store.authority = () => Promise.reject(new Error('connection refused'));
    const { status, body } = await admin('GET', '/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({
      ready: false,
      reasons: ['the database: connection refused'],
      authority: null,
    });
    expect((await admin('GET', '/livez')).status).toBe(200);
  });

  test('a cordoned bot serves, but is not ready until it is uncordoned', async () => {
    const { admin, post } = await openTestBot();
    expect((await admin('POST', '/cordon')).status).toBe(200);
    const { status, body } = await admin('GET', '/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ reasons: ['it is cordoned'] });
    expect((await post(HELP)).status).toBe(200);
    await admin('POST', '/uncordon');
    expect((await admin('GET', '/readyz')).status).toBe(200);
  });

  test('metrics tell what was done, with the stack, and neither player nor chat', async () => {
    const { admin, post, store } = await openTestBot();
    await post(CLAIM);
    await post(HELP);
    await post('nonsense');
    await vi.waitUntil(() => store.ledger.get(2n)?.isSent === true);
    const { body } = await admin('GET', '/metrics');
    expect(body.split('\n')).toEqual(
      expect.arrayContaining([
        'cardbot_updates_total{kind="claim",outcome="applied",stack="fleet"} 1',
        'cardbot_updates_total{kind="help",outcome="read",stack="fleet"} 1',
        'cardbot_webhook_rejected_total{status="400",stack="fleet"} 1',
        'cardbot_bot_api_calls_total{method="sendMessage",outcome="sent",stack="fleet"} 1',
        'cardbot_update_seconds_count{stack="fleet",outcome="applied"} 1',
        'cardbot_authority_epoch{stack="fleet"} 1',
        'cardbot_is_authority{stack="fleet"} 1',
      ]),
    );
    expect(body).toContain('cardbot_update_seconds_bucket{le="60",');
    expect(body).toContain('cardbot_update_seconds_bucket{le="0.001",');
    expect(body).not.toMatch(/"101"|Negar/);
  });

  test('does not listen where others reach it without a token', async () => {
    const admin = { host: '0.0.0.0', port: 0 };
    await expect(openTestBot({ admin })).rejects.toMatchObject({ code: 'usage' });
  });
});
