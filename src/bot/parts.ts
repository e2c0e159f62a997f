import type { Clock } from '../lib/clock.js';
import type { Cache } from '../store/cache.js';
import type { Store } from '../store/store.js';
import type { AuthorityWatch } from './authority.js';
import type { Answer } from './delivery.js';
import type { Forwarder } from './forward.js';
import type { Log } from './log.js';
import type { BotMetrics, Outcome } from './metrics.js';
import type { Outbox } from './outbound/outbox.js';
import type { Refill } from './refill.js';

/** What every update needs. */
export interface Parts {
  store: Store;
  cache: Cache;
  clock: Clock;
  log: Log;
  metrics: BotMetrics;
  authority: AuthorityWatch;
  forwarder: Forwarder;
  outbox: Outbox;
  refill: Refill;
  botName: string;
  zone: string;
  holdMs: number;
}

/** What became of one update. */
export interface Handled {
  outcome: Outcome;
  answer: Answer;
}
