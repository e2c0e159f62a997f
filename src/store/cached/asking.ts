import type { RedisConnection } from '../../drivers/redis.js';
import type { Clock } from '../../lib/clock.js';
import type { CardctlError } from '../../lib/errors.js';

/** Asks Redis, without ever throwing and without waiting for one that is taken for away. */
export interface Asking {
  /** Null when it failed, or was not even tried. */
  ask<Answer>(question: () => Promise<Answer>): Promise<{ answer: Answer } | null>;
  /** When a server last answered that it will not do something; null: never. Monotonic milliseconds. */
  refusedAtMs(): number | null;
}

export interface AskingOptions {
  clock: Clock;
  /** @param more failures since the last one told of, which were like it or not */
  onFailure: (error: CardctlError, more: number) => void;
}

const FAILURES_MAX = 3;
/** Failures further apart do not add up, milliseconds. */
const WINDOW_MS = 1_000;
/** For how long it is not asked at all, milliseconds. */
const PAUSE_MS = 1_000;
/** How far failures that are told of are apart, milliseconds. */
const TELL_EVERY_MS = 10_000;

/**
 * A circuit breaker around a connection: at the third failure within a second nothing is asked for a
 * second, then one question goes through to look. An answer that is an error is no such failure:
 * it cost no time.
 */
export function asking(redis: RedisConnection, { clock, onFailure }: AskingOptions): Asking {
  const tell = rateLimited(clock, onFailure);
  let failedAtMs: number[] = [];
  let askAgainAtMs: number | null = null;
  let refusedAtMs: number | null = null;
  let isProbing = false;

  const mayAsk = (): 'yes' | 'as a probe' | 'no' => {
    if (askAgainAtMs === null) return 'yes';
    return isProbing || clock.monotonicMs() < askAgainAtMs ? 'no' : 'as a probe';
  };
  const failed = (isProbe: boolean) => {
    const now = clock.monotonicMs();
    failedAtMs = [...failedAtMs.filter((ms) => ms > now - WINDOW_MS), now];
    if (!isProbe && (askAgainAtMs !== null || failedAtMs.length < FAILURES_MAX)) return;
    askAgainAtMs = now + PAUSE_MS;
    failedAtMs = [];
  };

  return {
    refusedAtMs: () => refusedAtMs,
    ask: async (question) => {
      const permission = mayAsk();
      if (permission === 'no') return null;
      const isProbe = permission === 'as a probe';
      if (isProbe) isProbing = true;
      try {
        const answer = await question();
        // What was asked before the pause and answered late says nothing about now.
        if (isProbe) askAgainAtMs = null;
        return { answer };
      } catch (error) {
        if (redis.isReply(error)) {
          refusedAtMs = clock.monotonicMs();
          if (isProbe) askAgainAtMs = null;
        } else {
          failed(isProbe);
        }
        tell(redis.explain(error));
        return null;
      } finally {
        if (isProbe) isProbing = false;
      }
    },
  };
}

function rateLimited(clock: Clock, onFailure: AskingOptions['onFailure']) {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  let more = 0;
  return (error: CardctlError): void => {
    const now = clock.monotonicMs();
    if (now - toldAtMs < TELL_EVERY_MS) {
      more += 1;
      return;
    }
    onFailure(error, more);
    toldAtMs = now;
    more = 0;
  };
}
