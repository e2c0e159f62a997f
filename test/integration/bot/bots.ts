import type { Update } from 'grammy/types';
import { request } from 'undici';
import { createLog } from '../../../src/bot/log.js';
import type { BotOptions, Peer, WebhookOptions } from '../../../src/bot/options.js';
import { type RunningBot, startBot } from '../../../src/bot/runtime.js';
import { systemClock } from '../../../src/lib/clock.js';
import type { StoreKind } from '../../../src/store/store.js';
import { type BotApiDouble, startBotApiDouble, TOKEN } from '../../support/bot/bot-api.js';
import { type MemoryCache, memoryCache } from '../../support/bot/memory-cache.js';
import { type MemoryStore, memoryStore } from '../../support/bot/memory-store.js';
import { atEnd } from '../../support/cleanup.js';
import { card } from '../../unit/game/support.js';

export const SECRET = 'telegrams-secret-token';
export const PATH = '/0123456789abcdef';
const ADMIN_TOKEN = 'admin-token';
export const PEER_SECRET = 'peer-secret';

export interface TestBot {
  bot: RunningBot;
  store: MemoryStore;
  cache: MemoryCache;
  telegram: BotApiDouble;
  lines: string[];
  post(update: Update | string, headers?: Record<string, string>): Promise<Answered>;
  admin(method: string, path: string, token?: string): Promise<Answered>;
}

export interface Answered {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
}

interface TestBotOptions extends Partial<Omit<BotOptions, 'updates'>> {
  kind?: StoreKind;
  peers?: readonly Peer[];
  timeouts?: WebhookOptions['timeouts'];
}

/** A bot as it runs, over real HTTP, on a stand-in for its store. */
export async function openTestBot(options: TestBotOptions = {}): Promise<TestBot> {
  const { kind = 'postgres', timeouts, ...rest } = options;
  const telegram = await startBotApiDouble();
  const store = memoryStore(kind);
  store.tables.cards.set('c1', card());
  const cache = memoryCache();
  const lines: string[] = [];
  const secrets = [TOKEN, SECRET, PEER_SECRET, ADMIN_TOKEN];
  const log = createLog({ base: {}, secrets }, { write: (line) => void lines.push(line) });
  const bot = await startBot(
    {
      server: `${kind}-1`,
      telegram: { token: TOKEN, apiRoot: telegram.url, username: 'cardbot' },
      zone: 'Asia/Tehran',
      updates: {
        ...{ from: 'webhook', host: '127.0.0.1', port: 0, path: PATH, secretToken: SECRET },
        ...(timeouts === undefined ? {} : { timeouts }),
      },
      admin: { host: '127.0.0.1', port: 0, token: ADMIN_TOKEN },
      peers: [],
      peerSecret: PEER_SECRET,
      pictures: {},
      limits: { perChatPerSecond: Infinity, perGroupPerMinute: Infinity, perSecond: Infinity },
      drain: { lingerMs: 0 },
      ...rest,
    },
    { store, cache, clock: systemClock, log },
  );
  let isStopped = false;
  const stop = bot.stop;
  bot.stop = (atOnce) => {
    isStopped = true;
    return stop(atOnce);
  };
  atEnd(async () => {
    if (!isStopped) await stop(AbortSignal.abort());
  });
  return {
    bot,
    store,
    cache,
    telegram,
    lines,
    post: (update, headers = {}) =>
      send(`${bot.address}${PATH}`, 'POST', {
        body: typeof update === 'string' ? update : JSON.stringify(update),
        headers: {
          'content-type': 'application/json',
          'x-telegram-bot-api-secret-token': SECRET,
          ...headers,
        },
      }),
    admin: (method, path, token = ADMIN_TOKEN) =>
      send(bot.adminAddress + path, method, { headers: { authorization: `Bearer ${token}` } }),
  };
}

export async function send(
  url: string,
  method: string,
  options: { body?: string; headers?: Record<string, string> },
): Promise<Answered> {
  const { statusCode, headers, body } = await request(url, { method: method as 'GET', ...options });
  return { status: statusCode, headers, body: await body.text() };
}
