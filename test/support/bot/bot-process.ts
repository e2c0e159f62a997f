/**
 * A bot on real stores in a process of its own: what the tests kill. Takes the options as JSON, and
 * prints its addresses as JSON.
 *
 *     node --import tsx test/support/bot/bot-process.ts '{"kind":"postgres",…}'
 */

import { stopOnSignal } from '../../../src/bot/drain.js';
import { createLog } from '../../../src/bot/log.js';
import type { BotOptions } from '../../../src/bot/options.js';
import { startBot } from '../../../src/bot/runtime.js';
import { openPools } from '../../../src/drivers/postgres-pools.js';
import { openRedis } from '../../../src/drivers/redis.js';
import { openWritable } from '../../../src/drivers/sqlite-writable.js';
import { type Clock, systemClock } from '../../../src/lib/clock.js';
import { noCache } from '../../../src/store/cached/no-cache.js';
import { redisCache } from '../../../src/store/cached/redis-cache.js';
import { postgresStore } from '../../../src/store/postgres/store.js';
import { sqliteStore } from '../../../src/store/sqlite/store.js';
import type { StoreKind } from '../../../src/store/store.js';

export interface BotProcessOptions {
  kind: StoreKind;
  /** A path or a URL. */
  address: string;
  behindPgBouncer?: boolean;
  redisUrl?: string;
  /** How far the store's clock is ahead, ms: what is old to it is old at once. */
  aheadMs?: number;
  bot: BotOptions;
}

const {
  kind,
  address,
  behindPgBouncer,
  redisUrl,
  aheadMs = 0,
  bot,
}: BotProcessOptions = JSON.parse(process.argv[2] ?? '');
const clock: Clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };
const log = createLog({ base: {}, secrets: [], level: 'warn' });
const store =
  kind === 'sqlite'
    ? sqliteStore(openWritable(address), clock)
    : postgresStore(openPools({ primaryUrl: address, behindPgBouncer }), clock);
const redis = redisUrl === undefined ? null : openRedis([redisUrl]);
await redis?.untilReady();
const cache = redis === null ? noCache() : redisCache(redis);
const running = await startBot(bot, { store, cache, clock: systemClock, log });
process.stdout.write(
  `${JSON.stringify({ address: running.address, admin: running.adminAddress })}\n`,
);
await stopOnSignal(running, process, log);
redis?.close();
const { user, system } = process.cpuUsage();
process.stdout.write(`${JSON.stringify({ cpuSeconds: (user + system) / 1e6 })}\n`);
process.exit(0);
