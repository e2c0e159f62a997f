import { setMaxListeners } from 'node:events';
import type { Clock } from '../../lib/clock.js';
import type { Reply } from '../../store/store.js';
import type { Log } from '../log.js';
import type { BotMetrics } from '../metrics.js';
import { type DeliverDeps, type Delivered, deliver } from './deliver.js';
import { createLimiter, type Limits } from './limits.js';
import { createSentMarks, type MarkSent } from './sent-marks.js';
import { createSlots } from './slots.js';

/** Sends replies: those of one chat one after the other, and many chats at once. */
export interface Outbox {
  /** The replies of a committed update. When the last one is sent that is noted in the ledger. */
  send(updateId: bigint, replies: readonly Reply[]): void;
  /** Replies that no ledger holds, of an update that changed nothing. */
  sendOnce(replies: readonly Reply[]): void;
  /** Whether something waits to be sent to a chat. */
  isBusy(chatId: number): boolean;
  /** How many more replies it takes; the ledger keeps the others. */
  readonly room: number;
  /** Waits until all is sent or `signal` aborts, and stops. What is left is in the ledger. */
  stop(signal: AbortSignal): Promise<void>;
}

export interface OutboxDeps extends DeliverDeps {
  markSent: MarkSent;
  limits: Limits;
  clock: Clock;
  log: Log;
  metrics: BotMetrics;
}

/** When Telegram is away, what is committed meanwhile must not fill the memory. */
const REPLIES_MAX = 20_000;

const CALLS_AT_ONCE_MAX = 64;

/** Updates whose replies were sent last. */
const SENT_KEPT_MAX = 10_000;

/** A reply under way, and the update whose last one it may be. */
interface Job {
  reply: Reply;
  update: Sending | null;
}

interface Sending {
  updateId: bigint;
  left: number;
  hasFailed: boolean;
}

export function createOutbox(deps: OutboxDeps): Outbox {
  const { clock, log, metrics } = deps;
  const limiter = createLimiter(deps.limits);
  const slots = createSlots(CALLS_AT_ONCE_MAX);
  const marks = createSentMarks(deps.markSent, log);
  const pauses = createPauses();
  const stopped = new AbortController();
  // Each call under way listens.
  setMaxListeners(0, stopped.signal);
  const updates = new Map<bigint, Sending>();
  const sent = recentIds(SENT_KEPT_MAX);
  /** By chat that has something under way: what waits behind it. */
  const chats = new Map<number, Job[]>();
  let waiting = 0;
  let onIdle: (() => void) | null = null;

  const sendJob = async ({ reply, update }: Job) => {
    const delivered = await attempt(reply);
    waiting -= 1;
    metrics.outboxReplies.set(waiting);
    if (update !== null) settle(update, delivered);
    if (waiting === 0) onIdle?.();
  };

  const attempt = async (reply: Reply): Promise<Delivered> => {
    if (stopped.signal.aborted) return 'failed';
    await pace(reply);
    if (stopped.signal.aborted) return 'failed';
    await slots.take();
    const startedMs = clock.monotonicMs();
    try {
      const delivered = await deliver(deps, reply, stopped.signal);
      metrics.calls.inc({ method: reply.method, outcome: delivered });
      return delivered;
    } catch (error) {
      log.error({ err: error, method: reply.method }, 'a reply could not be sent');
      return 'failed';
    } finally {
      slots.give();
      metrics.callSeconds.observe((clock.monotonicMs() - startedMs) / 1_000);
    }
  };

  const pace = async ({ method, payload }: Reply) => {
    if (!method.startsWith('send')) return;
    const waitMs = limiter.reserve(Number(payload.chat_id), clock.monotonicMs());
    if (waitMs > 0) await pauses.pause(waitMs);
  };

  const settle = (update: Sending, delivered: Delivered) => {
    update.left -= 1;
    if (delivered === 'failed') update.hasFailed = true;
    if (update.left > 0) return;
    updates.delete(update.updateId);
    // What failed stays in the ledger as unsent: the sweep sends it.
    if (update.hasFailed) return;
    sent.add(update.updateId);
    marks.add(update.updateId);
  };

  const sendChat = async (chatId: number, first: Job) => {
    const behind: Job[] = [];
    chats.set(chatId, behind);
    for (let job: Job | undefined = first; job !== undefined; job = behind.shift()) {
      await sendJob(job);
    }
    chats.delete(chatId);
  };

  const add = (job: Job) => {
    waiting += 1;
    const chatId = job.reply.payload.chat_id;
    if (typeof chatId !== 'number') {
      void sendJob(job);
      return;
    }
    const behind = chats.get(chatId);
    if (behind === undefined) void sendChat(chatId, job);
    else behind.push(job);
  };

  return {
    send: (updateId, replies) => {
      if (replies.length === 0) {
        marks.add(updateId);
        return;
      }
      // A redelivery, or a sweep, of what is under way, or was just sent: the ledger may not know yet.
      if (updates.has(updateId) || sent.has(updateId)) return;
      if (waiting >= REPLIES_MAX) return;
      const update = { updateId, left: replies.length, hasFailed: false };
      updates.set(updateId, update);
      for (const reply of replies) add({ reply, update });
      metrics.outboxReplies.set(waiting);
    },
    sendOnce: (replies) => {
      if (waiting >= REPLIES_MAX) return;
      for (const reply of replies) add({ reply, update: null });
    },
    isBusy: (chatId) => chats.has(chatId),
    get room() {
      return REPLIES_MAX - waiting;
    },
    stop: async (signal) => {
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve;
        if (waiting === 0 || signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await idle;
      if (waiting > 0) log.warn({ replies: waiting }, 'stopped before all replies were sent');
      stopped.abort();
      pauses.endAll();
      await marks.stop();
    },
  };
}

/** Timers that can be ended together; as listeners of one signal, thousands would slow each other. */
function createPauses() {
  const ends = new Set<() => void>();
  return {
    pause: (ms: number) =>
      new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          ends.delete(end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        ends.add(end);
      }),
    endAll: () => {
      for (const end of ends) end();
    },
  };
}

/** The last ids that were added. */
function recentIds(max: number) {
  const ids = new Set<bigint>();
  return {
    has: (id: bigint) => ids.has(id),
    add: (id: bigint) => {
      ids.add(id);
      if (ids.size > max) ids.delete(ids.values().next().value!);
    },
  };
}
