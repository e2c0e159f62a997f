import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Stack } from './options.js';

/** What a bot counts. No label tells a player or a chat. */
export type BotMetrics = ReturnType<typeof createMetrics>;

/** What became of an update. */
export type Outcome =
  | 'applied'
  | 'repeated'
  | 'read'
  | 'ignored'
  | 'forwarded'
  /** Nobody could take it in time; it will be delivered again. */
  | 'held'
  | 'unavailable'
  | 'failed';

const UPDATE_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Telegram delivers what it could not for a day. */
const AGE_SECONDS = [1, 2, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400];

export function createMetrics(stack: Stack) {
  const registry = new Registry();
  registry.setDefaultLabels({ stack });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    updates: new Counter({
      name: 'cardbot_updates_total',
      help: 'Updates by what was asked for and what became of it',
      labelNames: ['kind', 'outcome'] as const,
      registers,
    }),
    updateSeconds: new Histogram({
      name: 'cardbot_update_seconds',
      help: 'From an update received to its webhook answered',
      labelNames: ['outcome'] as const,
      buckets: UPDATE_SECONDS,
      registers,
    }),
    updateAgeSeconds: new Histogram({
      name: 'cardbot_update_age_seconds',
      help: 'From a command sent by its player to its webhook received; presses tell no time',
      buckets: AGE_SECONDS,
      registers,
    }),
    cacheRequests: new Counter({
      name: 'cardbot_cache_requests_total',
      help: 'Values asked of the cache',
      labelNames: ['kind', 'result'] as const,
      registers,
    }),
    forwarded: new Counter({
      name: 'cardbot_forwarded_total',
      help: 'Updates posted to bots of the other stack',
      labelNames: ['outcome'] as const,
      registers,
    }),
    calls: new Counter({
      name: 'cardbot_bot_api_calls_total',
      help: 'Calls of the Bot API, those in webhook answers not included',
      labelNames: ['method', 'outcome'] as const,
      registers,
    }),
    callSeconds: new Histogram({
      name: 'cardbot_bot_api_call_seconds',
      help: 'Calls of the Bot API, waits between attempts included',
      buckets: UPDATE_SECONDS,
      registers,
    }),
    outboxReplies: new Gauge({
      name: 'cardbot_outbox_replies',
      help: 'Replies of this process that wait to be sent',
      registers,
    }),
    rejected: new Counter({
      name: 'cardbot_webhook_rejected_total',
      help: 'Requests to the webhook that were no updates',
      labelNames: ['status'] as const,
      registers,
    }),
    inFlight: new Gauge({
      name: 'cardbot_updates_in_flight',
      help: 'Updates that are not answered yet',
      registers,
    }),
    epoch: new Gauge({
      name: 'cardbot_authority_epoch',
      help: 'The epoch of the authority, as this bot knows it',
      registers,
    }),
    isAuthority: new Gauge({
      name: 'cardbot_is_authority',
      help: '1 when the database of this bot takes the writes',
      registers,
    }),
  };
}
