import { once } from 'node:events';
import { createServer } from 'node:http';
import { Bot, webhookCallback } from 'grammy';
import type { Update } from 'grammy/types';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type Ask, classify } from '../../src/bot/classify.js';
import { read, write } from '../../src/bot/commands/index.js';
import { directLookup, type Lookup } from '../../src/bot/lookup.js';
import type { Now } from '../../src/game/time.js';
import { systemClock } from '../../src/lib/clock.js';
import { type Codec, cardsCodec, profileCodec } from '../../src/store/cached/codec.js';
import { createDeck } from '../../src/store/deck.js';
import type { Executor } from '../../src/store/executor.js';
import { readsOver } from '../../src/store/game-reads.js';
import { writesOver } from '../../src/store/game-writes.js';
import { POSTGRES_DIALECT } from '../../src/store/postgres/dialect.js';
import type { Reply } from '../../src/store/store.js';
import { findFoughtAtType } from '../../src/store/tables/leaderboard.js';

/**
 * A bot for the same game as somebody would write it: grammY, `pg` and ioredis, with a cache, and a
 * transaction around what changes something. No ledger, no outbox, no second side: an update that
 * comes twice counts twice, and a reply that fails is gone.
 */
const {
  token,
  apiRoot,
  secretToken,
  path,
  postgres,
  redis: redisUrl,
  cdn,
} = JSON.parse(process.argv[2] ?? '{}') as Record<
  'token' | 'apiRoot' | 'secretToken' | 'path' | 'postgres' | 'redis' | 'cdn',
  string
>;

pg.types.setTypeParser(pg.types.builtins.INT8, BigInt);
pg.types.setTypeParser(pg.types.builtins.TIMESTAMP, (text) => text.replace(' ', 'T'));
const pool = new pg.Pool({ connectionString: postgres, max: 20 });
const redis = new Redis(redisUrl, { keyPrefix: 'bare:' });
const deck = createDeck(systemClock);
const bot = new Bot(token, {
  botInfo: { id: 1, is_bot: true, first_name: 'bare', username: 'stage_bot' } as never,
  client: {
    apiRoot,
    // The first message of each update travels in the answer to the webhook.
    canUseWebhookReply: (method) => method !== 'answerCallbackQuery',
  },
});

bot.use(async (context) => {
  const ask = classify(context.update as Update, 'stage_bot');
  if (ask === null || ask === 'malformed') return;
  const now: Now = { ms: Date.now(), zone: 'Asia/Tehran' };
  const replies =
    (ask.access === 'read' ? await read({ lookup: lookup(now), ask, now }) : null) ??
    (await change(ask, now));
  const methods = context.api.raw as unknown as Record<
    string,
    (payload: object) => Promise<unknown>
  >;
  for (const { method, payload } of replies.map(withPicture)) {
    await methods[method]?.(payload).catch(() => undefined);
  }
});

const handle = webhookCallback(bot, 'http', { secretToken, timeoutMilliseconds: 60_000 });
const server = createServer((request, response) => {
  if (request.url !== path) response.writeHead(404).end();
  else handle(request, response).catch(() => response.writeHead(500).end());
});
server.keepAliveTimeout = 75_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ port: (server.address() as { port: number }).port });

async function change(ask: Ask, now: Now): Promise<Reply[]> {
  const client = await pool.connect();
  const touched = new Set<bigint>();
  const { db, sent } = executorOn(client);
  let replies: Reply[];
  try {
    await client.query('BEGIN');
    replies = await write({
      writes: writesOver(db, readsOver(db, readsOn(db)), touched),
      ask,
      now,
    });
    await Promise.all(sent);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
  const keys = [...touched].flatMap((id) => [`player_cards:${id}`, `player_profile:${id}`]);
  if (keys.length > 0) await redis.del(keys);
  return replies;
}

function lookup(now: Now): Lookup {
  const { db } = executorOn(pool);
  const direct = directLookup(readsOver(db, readsOn(db)), now);
  return {
    profile: (id) => through(`player_profile:${id}`, 300, profileCodec, () => direct.profile(id)),
    cards: (id) => through(`player_cards:${id}`, 300, cardsCodec, () => direct.cards(id)),
    leaderboard: (window) =>
      through(`leaderboard:${window}`, 30, BOARD, () => direct.leaderboard(window)),
    rank: (score) => through(`rank:${score}`, 30, RANK, () => direct.rank(score)),
    read: (body) => body(readsOver(db, readsOn(db))),
  };
}

async function through<Value>(
  key: string,
  seconds: number,
  { encode, decode }: Codec<NonNullable<Value>>,
  load: () => Promise<Value>,
): Promise<Value> {
  const text = await redis.get(key);
  const known = text === null ? null : decode(text);
  if (known !== null) return known;
  const value = await load();
  if (value !== null && value !== undefined) await redis.set(key, encode(value), 'EX', seconds);
  return value;
}

const RANK: Codec<number> = { encode: String, decode: Number };

const BOARD: Codec<Awaited<ReturnType<Lookup['leaderboard']>>> = {
  encode: (rows) => JSON.stringify(rows.map((row) => ({ ...row, user_id: `${row.user_id}` }))),
  decode: (text) =>
    (JSON.parse(text) as { user_id: string }[]).map(
      (row) => ({ ...row, user_id: BigInt(row.user_id) }) as never,
    ),
};

function readsOn(db: Executor) {
  return { deck, foughtAtType: () => findFoughtAtType(db) };
}

function executorOn(client: pg.PoolClient | pg.Pool): { db: Executor; sent: Promise<unknown>[] } {
  const sent: Promise<unknown>[] = [];
  const run = async (sql: string, values: readonly unknown[] = []) =>
    (await client.query(sql, [...values])).rows as Record<string, unknown>[];
  return {
    db: {
      dialect: POSTGRES_DIALECT,
      run,
      send: (sql, values) => {
        const done = run(sql, values);
        done.catch(() => undefined);
        sent.push(done);
      },
    },
    sent,
  };
}

function withPicture({ method, payload }: Reply): Reply {
  const { photo } = payload;
  if (typeof photo !== 'string') return { method, payload };
  return { method, payload: { ...payload, photo: photo.replace('attach://', cdn) } };
}
