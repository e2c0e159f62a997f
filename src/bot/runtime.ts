import type { Clock } from '../lib/clock.js';
import type { Cache } from '../store/cache.js';
import type { Store } from '../store/store.js';
import { openAdmin } from './admin.js';
import { watchAuthority } from './authority.js';
import type { Delivery } from './delivery.js';
import { DRAIN, drain } from './drain.js';
import { createForwarder } from './forward.js';
import type { Log } from './log.js';
import { createMetrics } from './metrics.js';
import { type BotOptions, STACK_OF } from './options.js';
import { openBotApi } from './outbound/api.js';
import { TELEGRAM_LIMITS } from './outbound/limits.js';
import { createOutbox } from './outbound/outbox.js';
import { startSweep } from './outbound/sweep.js';
import type { Parts } from './parts.js';
import { handle } from './pipeline.js';
import { startPolling } from './polling.js';
import { startPruning } from './prune.js';
import { type Gate, readinessOf } from './ready.js';
import { createRefill } from './refill.js';
import { openWebhook } from './webhook.js';

export interface BotDeps {
  /** Opened already; closed by the bot when it stops. */
  store: Store;
  cache: Cache;
  clock: Clock;
  log: Log;
}

export interface RunningBot {
  /** Where the webhook listens; null when updates are fetched. */
  address: string | null;
  adminAddress: string;
  /** Finishes what was begun, or, when `atOnce` aborts, no more than that nothing is lost. */
  stop(atOnce?: AbortSignal): Promise<void>;
}

const HOLD_MS = 8_000;

/**
 * A bot that serves players from one store.
 *
 * @throws CardctlError `edge` when it cannot listen, `source` or `target` when its store is away,
 * `refused` when it should fetch updates and a webhook is set
 */
export async function startBot(options: BotOptions, deps: BotDeps): Promise<RunningBot> {
  const { store, cache, clock, log } = deps;
  const { server, telegram, pictures, updates, peerSecret } = options;
  const stack = STACK_OF[store.kind];
  const metrics = createMetrics(stack);
  const authority = watchAuthority(store, { log, metrics });
  const api = openBotApi(telegram);
  const forwarder = createForwarder({ peers: options.peers, peerSecret }, { log, metrics });
  const limits = { ...TELEGRAM_LIMITS, ...options.limits };
  const markSent = async (updateIds: readonly bigint[]) =>
    (await store.markSent(updateIds)) || (await forwarder.noteSent(updateIds));
  const outbox = createOutbox({ api, store, pictures, limits, markSent, clock, log, metrics });
  const refill = createRefill({ store, cache, zone: options.zone, log });
  const gate: Gate = { isCordoned: false, isStopping: false };
  const parts: Parts = {
    store,
    cache,
    clock,
    log,
    metrics,
    authority,
    forwarder,
    outbox,
    refill,
    botName: telegram.username,
    zone: options.zone,
    holdMs: options.holdMs ?? HOLD_MS,
  };
  const take = (delivery: Delivery) => handle(parts, delivery);

  // What is opened here is closed in reverse, also when a later one cannot be opened.
  const opened: (() => Promise<void> | void)[] = [
    () => store.close(),
    () => cache.close(),
    () => refill.stop(),
    () => forwarder.close(),
    () => api.close(),
    () => authority.stop(),
  ];
  const closeAll = async () => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    await authority.refresh();
    const sweep = startSweep({ store, authority, outbox, log });
    opened.push(() => sweep.stop());
    const pruning = startPruning(store, authority, log);
    opened.push(() => pruning.stop());
    const admin = await openAdmin(options.admin, {
      readiness: () => readinessOf(authority, gate, { stack, server }),
      cordon: (isCordoned) => {
        gate.isCordoned = isCordoned;
        log.info({ is_cordoned: isCordoned }, 'cordon');
      },
      metrics,
    });
    opened.push(() => admin.close());
    const webhook =
      updates.from === 'webhook'
        ? await openWebhook(
            updates,
            { stack, server, peerSecret },
            { handle: take, noteSent: (updateIds) => store.markSent(updateIds), metrics },
          )
        : null;
    const polling =
      webhook === null
        ? await startPolling(telegram, { handle: take, sendOnce: outbox.sendOnce })
        : null;
    log.info({ webhook: webhook?.url ?? null, admin: admin.url }, 'started');
    return {
      address: webhook?.url ?? null,
      adminAddress: admin.url,
      stop: async (atOnce = new AbortController().signal) => {
        await polling?.stop();
        const unready = () => {
          gate.isStopping = true;
        };
        await drain({ unready, webhook, outbox, log }, { ...DRAIN, ...options.drain }, atOnce);
        await closeAll();
        log.info('stopped');
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
