import type { RedisConnection } from '../../drivers/redis.js';

/** What plain commands cannot do in one step. With several keys only where there is no cluster. */
export interface Scripts {
  /** Puts a token where there is nothing; returns what each key holds then. */
  claim(keys: readonly string[], token: string, ttlMs: number): Promise<string[]>;
  /** Puts a token where there is nothing; returns the places of those keys, from 1. */
  claimFree(keys: readonly string[], token: string, ttlMs: number): Promise<number[]>;
  /** Puts values where the token still is; returns how many were put. */
  fill(token: string, entries: readonly Entry[]): Promise<number>;
  /**
   * Puts a position. When one was put less than `closeMs` ago, nobody can tell which is the later,
   * and `unknown` is put in place of both.
   */
  note(
    key: string,
    note: { position: string; unknown: string; ttlMs: number; closeMs: number },
  ): Promise<unknown>;
}

export interface Entry {
  key: string;
  /** UTF-8; in bulk bytes take a third of the time of text. */
  value: string | Buffer;
  ttlMs: number;
}

/** Makes the scripts known to a connection. */
export function scriptsOf({ client }: RedisConnection): Scripts {
  client.defineCommand('cardctlClaim', { lua: CLAIM });
  client.defineCommand('cardctlClaimFree', { lua: CLAIM_FREE });
  client.defineCommand('cardctlFill', { lua: FILL });
  client.defineCommand('cardctlNote', { lua: NOTE, numberOfKeys: 1 });
  const run = client as unknown as Defined;
  return {
    claim: (keys, token, ttlMs) => run.cardctlClaim(keys.length, ...keys, token, ttlMs),
    claimFree: (keys, token, ttlMs) => run.cardctlClaimFree(keys.length, ...keys, token, ttlMs),
    fill: (token, entries) =>
      run.cardctlFill(
        entries.length,
        ...entries.map(({ key }) => key),
        token,
        ...entries.flatMap(({ value, ttlMs }) => [value, ttlMs]),
      ),
    note: (key, { position, unknown, ttlMs, closeMs }) =>
      run.cardctlNote(key, position, unknown, ttlMs, closeMs),
  };
}

interface Defined {
  cardctlClaim(...args: (string | number)[]): Promise<string[]>;
  cardctlClaimFree(...args: (string | number)[]): Promise<number[]>;
  cardctlFill(...args: (string | number | Buffer)[]): Promise<number>;
  cardctlNote(...args: (string | number)[]): Promise<unknown>;
}

const CLAIM = `
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.call('GET', key)
  if not found[i] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    found[i] = ARGV[1]
  end
end
return found
`;

const CLAIM_FREE = `
local claimed = {}
for i, key in ipairs(KEYS) do
  if redis.call('SET', key, ARGV[1], 'NX', 'PX', ARGV[2]) then
    claimed[#claimed + 1] = i
  end
end
return claimed
`;

const FILL = `
local put = 0
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then
    redis.call('SET', key, ARGV[2 * i], 'PX', ARGV[2 * i + 1])
    put = put + 1
  end
end
return put
`;

const NOTE = `
local position = ARGV[1]
local ageMs = ARGV[3] - redis.call('PTTL', KEYS[1])
if ageMs < tonumber(ARGV[4]) and redis.call('GET', KEYS[1]) ~= position then
  position = ARGV[2]
end
redis.call('SET', KEYS[1], position, 'PX', ARGV[3])
`;
