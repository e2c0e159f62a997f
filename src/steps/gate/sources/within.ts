import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does something that may take so long. What does not heed its signal is left behind.
 *
 * @throws Error `no answer within … ms`, what the work throws, or the reason of `signal`
 */
export async function within<Result>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  const timer = new AbortController();
  const late = sleep(ms, undefined, { signal: AbortSignal.any([signal, timer.signal]) }).then(
    () => {
      over.abort();
      throw new Error(`no answer within ${ms} ms`);
    },
    (error: unknown) => {
      signal.throwIfAborted();
      throw error;
    },
  );
  try {
    return await Promise.race([late, work(ended)]);
  } finally {
    timer.abort();
  }
}
