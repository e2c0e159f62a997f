import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { attempts, dice } from '../../support/dice.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { cardsAt, openCache } from './support.js';

const NOTE_TTL_MS = 2_000;
const PLAYERS = [1n, 2n, 3n];
const READS = attempts(1) * 3_000;

/** A database with a copy that is behind: version by player, and when each version was written. */
class Versions {
  #written = new Map<bigint, { version: number; atMs: number }[]>();
  /** The last version whose write has been answered. */
  readonly answered = new Map<bigint, number>();

  write(userId: bigint): number {
    const all = this.#written.get(userId) ?? [];
    const version = all.length + 1;
    this.#written.set(userId, [...all, { version, atMs: performance.now() }]);
    return version;
  }

  primary(userId: bigint): number {
    return this.#written.get(userId)?.length ?? 0;
  }

  /** What a copy shows that is so many milliseconds behind. */
  replica(userId: bigint, lagMs: number): number {
    const before = performance.now() - lagMs;
    return this.#written.get(userId)?.filter(({ atMs }) => atMs <= before).length ?? 0;
  }
}

interface Bot {
  write(userId: bigint): Promise<void>;
  /** Returns the version that was read, at least that of the last write that had been answered. */
  read(userId: bigint): Promise<void>;
}

async function openBot(
  server: RedisServer,
  db: Versions,
  roll: () => number,
  commandTimeoutMs = 100,
): Promise<Bot> {
  const { cache, redis } = await openCache([server.url], {
    noteTtlMs: NOTE_TTL_MS,
    commandTimeoutMs,
  });
  await expect.poll(() => redis.keptForMs(), { timeout: 10_000 }).toBeGreaterThan(NOTE_TTL_MS);
  const load = (userId: bigint) => async () => {
    const behind = await cache.lastWrite(userId);
    await sleep(roll() * 4);
    const replica = db.replica(userId, roll() * 30);
    const isFar = behind === 'unknown' || (behind !== null && replica < Number(behind));
    const version = isFar ? db.primary(userId) : replica;
    await sleep(roll() * 4);
    return cardsAt(userId, version);
  };
  return {
    write: async (userId) => {
      const version = db.write(userId);
      await sleep(roll() * 3);
      await cache.noteWrite(userId, `${version}`);
      await cache.forget([userId]);
      db.answered.set(userId, Math.max(version, db.answered.get(userId) ?? 0));
    },
    read: async (userId) => {
      const least = db.answered.get(userId) ?? 0;
      const [card] = await cache.cards(userId, load(userId));
      expect(card?.usage_count).toBeGreaterThanOrEqual(least);
    },
  };
}

async function play(bots: readonly Bot[], roll: () => number, isOver: () => boolean) {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(roll() * items.length)] as Item;
  const player = async () => {
    while (!isOver()) {
      const bot = pick(bots);
      await (roll() < 0.2 ? bot.write(pick(PLAYERS)) : bot.read(pick(PLAYERS)));
      await sleep(roll() * 3);
    }
  };
  await Promise.all(Array.from({ length: 12 }, player));
}

describe('no read is older than the last write that was answered before it', () => {
  it('with three bots on one Redis', async () => {
    const { roll } = dice('cache soak');
    const server = await startRedis();
    const db = new Versions();
    // A note that Redis did not take in time is known to the bot alone that wrote: that is for the
    // test of one bot. Here a busy machine shall not make it so.
    const bots = await Promise.all([0, 1, 2].map(() => openBot(server, db, roll, 10_000)));
    let reads = 0;
    await play(bots, roll, () => {
      reads += 1;
      return reads > READS;
    });
    expect(Math.min(...PLAYERS.map((userId) => db.primary(userId)))).toBeGreaterThan(10);
  });

  it('with one bot, while Redis hangs, dies and comes back empty', async () => {
    const { roll } = dice('cache chaos soak');
    const server = await startRedis();
    const db = new Versions();
    const bot = await openBot(server, db, roll);
    let isOver = false;
    const played = play([bot], roll, () => isOver);
    for (let round = 0; round < attempts(1) * 4; round += 1) {
      await sleep(300 + roll() * 500);
      if (roll() < 0.5) {
        process.kill(server.pid(), 'SIGSTOP');
        await sleep(roll() * 600);
        process.kill(server.pid(), 'SIGCONT');
      } else {
        await server.crash();
        await sleep(roll() * 600);
        await server.startAgain();
      }
    }
    await sleep(1_500);
    isOver = true;
    await played;
    expect(Math.min(...PLAYERS.map((userId) => db.primary(userId)))).toBeGreaterThan(10);
  });
});
