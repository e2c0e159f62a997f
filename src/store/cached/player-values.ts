import { randomBytes } from 'node:crypto';
import type { RedisConnection } from '../../drivers/redis.js';
import type { Asking } from './asking.js';
import type { Codec } from './codec.js';
import { jittered, PLAYER_TTL_MS, TOKEN_TTL_MS } from './keys.js';
import type { Outcome } from './outcome.js';
import type { Scripts } from './scripts.js';
import type { Unfinished } from './unfinished.js';

/** What of a player is remembered: forgotten at every write, so never older than the last one. */
export interface PlayerValues {
  get<Value>(request: PlayerRequest<Value>): Promise<Value>;
  /** Waits for what is being put. */
  settle(): Promise<void>;
}

export interface PlayerRequest<Value> {
  userId: bigint;
  key: string;
  codec: Codec<NonNullable<Value>>;
  load: () => Promise<Value>;
  count: (outcome: Outcome) => void;
}

export interface PlayerValuesParts {
  redis: RedisConnection;
  scripts: Scripts;
  asking: Asking;
  forgetting: Unfinished;
  random: () => number;
}

/** Marks a token: no JSON begins like this. */
const TOKEN = '?';

/** A token that nobody has had and nobody will. */
export function tokens(): () => string {
  const process = randomBytes(9).toString('base64url');
  let last = 0;
  return () => {
    last += 1;
    return `${TOKEN}${process}.${last}`;
  };
}

/**
 * Reads through Redis with leases: whoever finds nothing puts a token, loads, and puts the value only
 * where that token still is. Forgetting deletes the token too, so what was loaded before a write is
 * never put after it. docs/why-cache.md has the whole of it.
 */
export function playerValues(parts: PlayerValuesParts): PlayerValues {
  const { redis, scripts, asking, forgetting, random } = parts;
  const { client } = redis;
  const nextToken = tokens();
  /** By key and by what it held when the load began. */
  const loads = new Map<string, Promise<unknown>>();
  const filling = new Set<Promise<void>>();

  const lookUp = async (key: string): Promise<string | null> => {
    const got = await asking.ask(() => client.get(key));
    if (got === null || got.answer !== null) return got?.answer ?? null;
    const claimed = await asking.ask(() => scripts.claim([key], nextToken(), TOKEN_TTL_MS));
    return claimed?.answer[0] ?? null;
  };

  const fill = async <Value>(request: PlayerRequest<Value>, found: string, value: Value) => {
    const { userId, key, codec } = request;
    if (value === null || value === undefined || forgetting.has(userId)) return;
    const ttlMs = jittered(PLAYER_TTL_MS, random);
    await asking.ask(() => scripts.fill(found, [{ key, value: codec.encode(value), ttlMs }]));
  };

  const loadAndFill = <Value>(request: PlayerRequest<Value>, found: string): Promise<Value> => {
    const flight = `${request.key} ${found}`;
    const loading = request.load();
    loads.set(flight, loading);
    const filled = loading
      .then((value) => fill(request, found, value))
      .catch(() => undefined)
      .finally(() => {
        loads.delete(flight);
        filling.delete(filled);
      });
    filling.add(filled);
    return loading;
  };

  return {
    get: async (request) => {
      const { userId, key, codec, count, load } = request;
      // Nothing tells what was written meanwhile, so nothing is shared with others either.
      if (forgetting.has(userId)) {
        count('miss');
        return load();
      }
      const found = await lookUp(key);
      if (found === null) {
        count('error');
        return load();
      }
      const value = found.startsWith(TOKEN) ? null : codec.decode(found);
      if (value !== null) {
        count('hit');
        return value;
      }
      count('miss');
      // The same text is still there: nobody has written since that load began.
      const loading = loads.get(`${key} ${found}`) as ReturnType<typeof load> | undefined;
      return loading ?? loadAndFill(request, found);
    },
    settle: async () => {
      await Promise.all(filling);
    },
  };
}
