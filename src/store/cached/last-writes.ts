import type { RedisConnection } from '../../drivers/redis.js';
import type { Clock } from '../../lib/clock.js';
import type { Position } from '../store.js';
import type { Asking } from './asking.js';
import { KEYS, NOTE_TTL_MS } from './keys.js';
import type { Outcome } from './outcome.js';
import type { Scripts } from './scripts.js';
import { unfinished } from './unfinished.js';

export interface LastWrites {
  note(userId: bigint, position: Position): Promise<void>;
  last(userId: bigint, count: (outcome: Outcome) => void): Promise<Position | null | 'unknown'>;
  close(): Promise<void>;
}

export interface LastWritesParts {
  redis: RedisConnection;
  scripts: Scripts;
  asking: Asking;
  clock: Clock;
  /** Default 60,000. */
  ttlMs?: number | undefined;
}

/** In place of a position that nobody knows. */
const UNKNOWN = '?';

/** Notes this close to one another may come in either order, milliseconds: it takes that long at most. */
const CLOSE_MS = 1_000;

/**
 * Where players' last writes are. An absent note means that there was no write lately, so it is
 * believed only where no note can have been lost: not of a server that started lately, and not
 * while servers refuse what they are asked.
 */
export function lastWrites(parts: LastWritesParts): LastWrites {
  const { redis, scripts, asking, clock, ttlMs = NOTE_TTL_MS } = parts;
  const put = async (userId: bigint, position: string) => {
    const note = { position, unknown: UNKNOWN, ttlMs, closeMs: CLOSE_MS };
    return (await asking.ask(() => scripts.note(KEYS.lastWrite(userId), note))) !== null;
  };
  // Later, somebody may have noted a later write.
  const noting = unfinished((userId) => put(userId, UNKNOWN), { keepMs: ttlMs, clock });

  const mayHaveLost = () => {
    const refusedAtMs = asking.refusedAtMs();
    const refusedLately = refusedAtMs !== null && clock.monotonicMs() - refusedAtMs < ttlMs;
    return refusedLately || redis.keptForMs() < ttlMs;
  };

  return {
    note: (userId, position) => noting.run([userId], (id) => put(id, position)),
    last: async (userId, count) => {
      if (noting.has(userId) || mayHaveLost()) {
        count('error');
        return 'unknown';
      }
      const asked = await asking.ask(() => redis.client.get(KEYS.lastWrite(userId)));
      const position = asked?.answer;
      // Asked again: the connection may have been lost and made anew meanwhile.
      if (position === undefined || mayHaveLost()) {
        count('error');
        return 'unknown';
      }
      count(position === null ? 'miss' : 'hit');
      return position === UNKNOWN ? 'unknown' : position;
    },
    close: () => noting.close(),
  };
}
