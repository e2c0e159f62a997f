import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { describe, expect, test, vi } from 'vitest';
import type { Peer } from '../../../src/bot/options.js';
import { commandUpdate } from '../../support/bot/updates.js';
import { atEnd } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';
import { openTestBot, PEER_SECRET, send } from './bots.js';

const NEGAR = { id: 101, name: 'Negar' };
const CLAIM = commandUpdate({ updateId: 2, from: NEGAR, text: '/claim' });
const PROFILE = commandUpdate({ updateId: 3, from: NEGAR, text: '/profile' });

const ON_SQLITE = { store: 'sqlite', epoch: 1, moving: false } as const;

async function legacyAndFleet(holdMs = 8_000) {
  const legacy = await openTestBot({ kind: 'sqlite', holdMs });
  const peers: Peer[] = [{ kind: 'cardbot', url: legacy.bot.address! }];
  const fleet = await openTestBot({ kind: 'postgres', peers, holdMs });
  fleet.store.authorityNow = ON_SQLITE;
  return { legacy, fleet };
}

describe('between two cardbots', () => {
  test('a write is executed where writes are, once, and its reply is sent from there', async () => {
    const { legacy, fleet } = await legacyAndFleet();
    const first = await fleet.post(CLAIM);
    const again = await fleet.post(CLAIM);
    expect([first.status, again.status]).toStrictEqual([200, 200]);
    expect(first.headers['x-cardctl-stack']).toBe('fleet');
    await vi.waitUntil(() => legacy.store.ledger.get(2n)?.isSent === true);
    expect([...legacy.store.tables.playerCards.values()].map(({ user_id }) => user_id)).toEqual([
      101n,
    ]);
    expect(fleet.store.ledger.size).toBe(0);
    expect(legacy.telegram.calls.map(({ method }) => method)).toStrictEqual(['sendMessage']);
    expect(fleet.telegram.calls).toStrictEqual([]);
    const { body } = await fleet.admin('GET', '/metrics');
    expect(body).toContain('cardbot_forwarded_total{outcome="answered",stack="fleet"} 2');
    expect(body).toContain(
      'cardbot_updates_total{kind="claim",outcome="forwarded",stack="fleet"} 2',
    );
  });

  test('a read of who has just written there is answered from there, body and all', async () => {
    const { legacy, fleet } = await legacyAndFleet();
    await fleet.post(CLAIM);
    fleet.cache.notes.set(101n, legacy.cache.notes.get(101n)!);
    await fleet.admin('GET', '/readyz');
    const { body } = await fleet.post(PROFILE);
    expect(JSON.parse(body)).toMatchObject({ method: 'sendMessage', chat_id: 101 });
    expect(fleet.store.readsBehind).toStrictEqual([]);
  });

  test('who both believe that the other may write do not forward in a circle', async () => {
    const port = await freePort();
    const two = await openTestBot({ holdMs: 200 });
    const one = await openTestBot({
      kind: 'sqlite',
      holdMs: 200,
      peers: [{ kind: 'cardbot', url: two.bot.address! }],
    });
    const three = await openTestBot({
      holdMs: 200,
      peers: [
        { kind: 'cardbot', url: one.bot.address! },
        { kind: 'cardbot', url: `http://127.0.0.1:${port}` },
      ],
    });
    one.store.authorityNow = { store: 'postgres', epoch: 1, moving: false };
    two.store.authorityNow = ON_SQLITE;
    three.store.authorityNow = ON_SQLITE;
    const { status, headers } = await three.post(CLAIM);
    expect([status, headers['retry-after']]).toStrictEqual([503, '1']);
    const { body } = await one.admin('GET', '/metrics');
    expect(body).toContain('cardbot_updates_total{kind="claim",outcome="held",stack="legacy"}');
    expect(body).not.toContain('cardbot_forwarded_total{');
    for (const { store } of [one, two, three]) expect(store.ledger.size).toBe(0);
  });

  test('a reply that was sent as the authority moved away is noted on the other side', async () => {
    const { legacy, fleet } = await legacyAndFleet();
    const peers: Peer[] = [{ kind: 'cardbot', url: fleet.bot.address! }];
    const leaving = await openTestBot({ kind: 'sqlite', peers });
    await leaving.post(CLAIM);
    await vi.waitUntil(() => leaving.telegram.calls.length > 0);
    // What follow has copied, before it could be noted here.
    expect(leaving.store.ledger.get(2n)?.isSent).toBe(false);
    fleet.store.ledger.set(2n, { ...leaving.store.ledger.get(2n)! });
    for (const { store } of [leaving, legacy, fleet])
      store.authorityNow = { store: 'postgres', epoch: 2, moving: false };
    await vi.waitUntil(() => fleet.store.ledger.get(2n)?.isSent === true, { timeout: 10_000 });
    expect(leaving.store.ledger.get(2n)?.isSent).toBe(false);
  });

  test('nobody notes anything in the ledger without the secret of the bots', async () => {
    const { legacy } = await legacyAndFleet();
    await legacy.post(CLAIM);
    const { statusCode, body } = await request(
      `${new URL(legacy.bot.address!).origin}/cardbot/sent`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-cardctl-peer-secret': 'guessed' },
        body: '["2"]',
      },
    );
    await body.dump();
    expect(statusCode).toBe(401);
  });

  test('an update is held while the other side is away, and is then given back', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const fleet = await openTestBot({ peers: [{ kind: 'cardbot', url }], holdMs: 300 });
    fleet.store.authorityNow = ON_SQLITE;
    const { status, headers } = await fleet.post(CLAIM);
    expect([status, headers['retry-after']]).toStrictEqual([503, '1']);
    const { body } = await fleet.admin('GET', '/metrics');
    expect(body).toContain('cardbot_forwarded_total{outcome="unreachable",stack="fleet"}');
  });

  test('a promotion that happens meanwhile is noticed, and the update done here', async () => {
    const { legacy, fleet } = await legacyAndFleet(30_000);
    legacy.store.authorityNow = { ...ON_SQLITE, moving: true };
    const posting = fleet.post(CLAIM);
    await vi.waitUntil(() => fleet.lines.some((line) => line.includes('did not take')));
    const promoted = { store: 'postgres', epoch: 2, moving: false } as const;
    fleet.store.authorityNow = promoted;
    legacy.store.authorityNow = promoted;
    expect((await posting).status).toBe(200);
    expect([...fleet.store.ledger.keys()]).toStrictEqual([2n]);
    expect(legacy.store.ledger.size).toBe(0);
  });

  test('only who knows the secret of the bots may forward', async () => {
    const { bot, store } = await openTestBot();
    const forward = (headers: Record<string, string>) =>
      send(`${bot.address}/cardbot/update`, 'POST', {
        body: JSON.stringify(CLAIM),
        headers: { 'content-type': 'application/json', ...headers },
      });
    expect((await forward({})).status).toBe(401);
    expect((await forward({ 'x-cardctl-peer-secret': 'wrong' })).status).toBe(401);
    expect(store.ledger.size).toBe(0);
    expect((await forward({ 'x-cardctl-peer-secret': PEER_SECRET })).status).toBe(200);
  });
});

describe('to a bot of somebody else', () => {
  async function foreignBot(answer: (count: number) => number | 'break') {
    const posts: { url: string; headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      posts.push({ url: request.url ?? '', headers: request.headers, body });
      const status = answer(posts.length);
      if (status === 'break') return request.socket.destroy();
      return response.writeHead(status).end('');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    atEnd(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1`;
    const peers: Peer[] = [{ kind: 'foreign', url, secretToken: 'theirs' }];
    const fleet = await openTestBot({ peers, holdMs: 300 });
    fleet.store.authorityNow = ON_SQLITE;
    return { fleet, posts };
  }

  test("an update comes as Telegram's own post would", async () => {
    const { fleet, posts } = await foreignBot(() => 200);
    const { status, headers } = await fleet.post(CLAIM);
    expect([status, headers['x-cardctl-foreign']]).toStrictEqual([200, '1']);
    expect(posts).toMatchObject([
      {
        url: '/hook?x=1',
        body: JSON.stringify(CLAIM),
        headers: {
          'x-telegram-bot-api-secret-token': 'theirs',
          'content-type': 'application/json',
        },
      },
    ]);
    expect(posts[0]?.headers).not.toHaveProperty('x-cardctl-hops');
  });

  test.each(['break', 503, 500] as const)(
    'what may have been executed is not sent again: %s',
    async (answer) => {
      const { fleet, posts } = await foreignBot(() => answer);
      const { status } = await fleet.post(CLAIM);
      expect(status).toBe(answer === 'break' ? 503 : answer);
      expect(posts).toHaveLength(1);
    },
  );
});
