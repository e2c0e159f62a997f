import { Pool } from 'undici';
import type { Clock } from '../lib/clock.js';
import { createOrderedQueue } from './order.js';
import { type Answer, Post, type PostOutcome } from './post.js';
import { ANSWER_MS_MAX, retryAfterMs, UPDATE_AGE_MS_MAX } from './retry.js';
import type { Spread } from './spread.js';

/** An update on its way to the webhook. */
export interface Outgoing {
  readonly updateId: number;
  /** When it should start, by the monotonic clock. */
  readonly dueMs: number;
  /** See `order.ts`. */
  readonly orderKey: string;
  /** The Update object as JSON. Asked for once, at the first attempt. */
  body(): string;
}

export interface DeliveryOptions {
  spread: Spread;
  /** Sent as `X-Telegram-Bot-Api-Secret-Token`. */
  secretToken: string;
  /** Posts in flight at most; 1 to 100, as `setWebhook` takes it. */
  connectionsMax: number;
  /** Scales the retry ladder, the 60 s timeout and the 24 h; 1 is Telegram's own time. */
  timeScale: number;
}

/** What the delivery tells as it happens. */
export interface DeliveryEvents<Update extends Outgoing> {
  /** Before the first attempt of each: nothing is posted until this returns, nor if it stops. */
  sending(updates: readonly Update[]): void;
  /** A 2xx was read to its end. Once per update. */
  acknowledged(update: Update, attempts: number, answer: Answer): void;
  /** One attempt failed, `kind` as in `post.ts`; another follows unless it was given up. */
  failed(update: Update, kind: string): void;
  /** Not delivered within 24 h. */
  givenUp(update: Update): void;
}

export interface Delivery<Update extends Outgoing> {
  /** Takes updates that are due now, in the order of their ids. */
  deliver(updates: readonly Update[]): void;
  /** Updates that were taken and not acknowledged; Telegram's `pending_update_count`. */
  readonly backlog: number;
  /** Attempts after the first. */
  readonly retries: number;
  readonly lastError: { at: Date; kind: string } | undefined;
  /** Resolves when the backlog is empty, or on abort. */
  drained(signal: AbortSignal): Promise<void>;
  /** Ends every attempt and connection; nothing is posted or told any more. @returns the updates that were left, oldest first */
  stop(): Promise<Update[]>;
}

/** Posts updates to webhooks as Telegram does: its order, its retries, its number of connections. */
export function startDelivery<Update extends Outgoing>(
  options: DeliveryOptions,
  events: DeliveryEvents<Update>,
  clock: Clock,
): Delivery<Update> {
  const answerMsMax = ANSWER_MS_MAX * options.timeScale;
  const pools = new Map<string, WebhookPool>();
  const queue = createOrderedQueue<Parcel<Update>>(({ update }) => update.orderKey);
  const unfinished = new Set<Parcel<Update>>();
  const waiting = new Set<NodeJS.Timeout>();
  const inFlight = new Set<Post>();
  const idle = new Set<() => void>();
  let lastError: Delivery<Update>['lastError'];
  let retries = 0;
  let stopped = false;

  const pump = () => {
    const batch: Parcel<Update>[] = [];
    while (!stopped && inFlight.size + batch.length < options.connectionsMax) {
      const parcel = queue.take();
      if (parcel === undefined) break;
      batch.push(parcel);
    }
    const fresh = batch.filter(({ attempts }) => attempts === 0);
    // What is sent is on record before it is sent: a killed tool has posted nothing unrecorded.
    if (fresh.length > 0) events.sending(fresh.map(({ update }) => update));
    if (stopped) return;
    for (const parcel of batch) attempt(parcel);
  };

  const attempt = (parcel: Parcel<Update>) => {
    if (parcel.attempts > 0) retries += 1;
    parcel.attempts += 1;
    parcel.body ??= parcel.update.body();
    const route = options.spread.next();
    const { pool, path, headers } = poolOf(route.url);
    const startedMs = clock.monotonicMs();
    const post = new Post((outcome) => {
      inFlight.delete(post);
      route.ended?.(statusOf(outcome), (clock.monotonicMs() - startedMs) / 1_000);
      if (stopped) return;
      if ('failure' in outcome) onFailure(parcel, outcome.failure);
      else onAnswer(parcel, outcome);
      pump();
    });
    inFlight.add(post);
    post.start(pool, { path, headers, body: parcel.body, answerMsMax });
  };

  const poolOf = (url: string) => {
    const pool = pools.get(url) ?? openPool(url, options, answerMsMax);
    pools.set(url, pool);
    return pool;
  };

  const onAnswer = (parcel: Parcel<Update>, answer: Answer) => {
    finish(parcel);
    events.acknowledged(parcel.update, parcel.attempts, answer);
  };

  const onFailure = (parcel: Parcel<Update>, kind: string) => {
    lastError = { at: clock.now(), kind };
    events.failed(parcel.update, kind);
    const ageMs = clock.monotonicMs() - parcel.update.dueMs;
    if (ageMs > UPDATE_AGE_MS_MAX * options.timeScale) {
      finish(parcel);
      events.givenUp(parcel.update);
      return;
    }
    const timer = setTimeout(() => {
      waiting.delete(timer);
      queue.putBack(parcel);
      pump();
    }, retryAfterMs(parcel.attempts) * options.timeScale);
    waiting.add(timer);
  };

  const finish = (parcel: Parcel<Update>) => {
    unfinished.delete(parcel);
    queue.finish(parcel);
    if (queue.size === 0) for (const resolve of idle) resolve();
  };

  return {
    get backlog() {
      return queue.size;
    },
    get retries() {
      return retries;
    },
    get lastError() {
      return lastError;
    },
    deliver: (updates) => {
      for (const update of updates) {
        const parcel = { update, attempts: 0, body: undefined };
        unfinished.add(parcel);
        queue.add(parcel);
      }
      pump();
    },
    drained: async (signal) => {
      if (queue.size === 0 || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const end = () => {
          idle.delete(end);
          signal.removeEventListener('abort', end);
          resolve();
        };
        idle.add(end);
        signal.addEventListener('abort', end);
      });
    },
    stop: async () => {
      stopped = true;
      for (const timer of waiting) clearTimeout(timer);
      for (const post of [...inFlight]) post.abort();
      await Promise.all([...pools.values()].map(({ pool }) => pool.destroy()));
      return [...unfinished].map(({ update }) => update);
    },
  };
}

interface Parcel<Update> {
  readonly update: Update;
  attempts: number;
  /** Kept from the first attempt on: a retry posts the same bytes. */
  body: string | undefined;
}

/** Of the answer; 0 when there was none. */
function statusOf(outcome: PostOutcome): number {
  return 'failure' in outcome ? Number(/^status (\d+)$/.exec(outcome.failure)?.[1] ?? 0) : 200;
}

interface WebhookPool {
  pool: Pool;
  path: string;
  headers: string[];
}

function openPool(url: string, options: DeliveryOptions, answerMsMax: number): WebhookPool {
  const { origin, pathname, search } = new URL(url);
  const headers = [
    'content-type',
    'application/json',
    'x-telegram-bot-api-secret-token',
    options.secretToken,
  ];
  const pool = new Pool(origin, {
    connections: options.connectionsMax,
    pipelining: 1,
    connect: { timeout: answerMsMax },
    // The time limit is the post's own; it covers connecting, head and body together.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return { pool, path: `${pathname}${search}`, headers };
}
