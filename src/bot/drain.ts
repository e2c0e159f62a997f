import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineIn } from '../lib/deadline.js';
import type { Log } from './log.js';
import type { DrainOptions } from './options.js';
import type { Outbox } from './outbound/outbox.js';
import type { Webhook } from './webhook.js';

/** In all below what systemd waits for: `TimeoutStopSec` in `docs/systemd`. */
export const DRAIN: DrainOptions = { lingerMs: 2_000, inFlightMs: 15_000, outboxMs: 10_000 };

export interface Drained {
  /** Says from now on that it is not ready. */
  unready(): void;
  /** Null when updates are fetched: then fetching has ended. */
  webhook: Pick<Webhook, 'leave' | 'close' | 'inFlight'> | null;
  outbox: Pick<Outbox, 'stop'>;
  log: Log;
}

/** Stops taking updates, and finishes those that were taken. In this order: */
export async function drain(
  { unready, webhook, outbox, log }: Drained,
  { lingerMs, inFlightMs, outboxMs }: DrainOptions,
  atOnce: AbortSignal,
): Promise<void> {
  // 1. Whoever asks is told to go elsewhere; what still comes is served.
  unready();
  webhook?.leave();
  if (webhook !== null) await sleep(lingerMs, undefined, { signal: atOnce }).catch(() => undefined);
  // 2. No new connections; what is in flight is answered.
  const cutOff = AbortSignal.any([atOnce, deadlineIn(inFlightMs)]);
  await webhook?.close(cutOff);
  if (webhook !== null && webhook.inFlight > 0) {
    log.warn({ updates: webhook.inFlight }, 'updates were cut off; they will be delivered again');
  }
  // 3. Their replies. Only then nothing needs the stores any more.
  await outbox.stop(AbortSignal.any([atOnce, deadlineIn(outboxMs)]));
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Stops on the first signal, and at once on the second.
 *
 * @param from `process`
 * @returns when it has stopped
 */
export async function stopOnSignal(
  bot: { stop(atOnce?: AbortSignal): Promise<void> },
  from: EventEmitter,
  log: Log,
): Promise<void> {
  const atOnce = new AbortController();
  let isFirst = true;
  await new Promise<void>((resolve, reject) => {
    const onSignal = (signal: string) => {
      log.info({ signal }, isFirst ? 'stopping' : 'stopping at once');
      if (isFirst) bot.stop(atOnce.signal).then(resolve, reject);
      else atOnce.abort();
      isFirst = false;
    };
    for (const signal of SIGNALS) from.on(signal, onSignal);
  });
}
