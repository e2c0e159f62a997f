import { randomUUID } from 'node:crypto';
import type { Now } from '../game/time.js';
import type { Clock } from '../lib/clock.js';
import { CardctlError } from '../lib/errors.js';
import type { Cache } from '../store/cache.js';
import type { Store } from '../store/store.js';
import type { AuthorityWatch } from './authority.js';
import { type Ask, classify } from './classify.js';
import { type Answer, COME_BACK, type Delivery, DONE } from './delivery.js';
import type { Forwarder } from './forward.js';
import type { Log } from './log.js';
import type { BotMetrics, Outcome } from './metrics.js';
import type { Outbox } from './outbound/outbox.js';
import { read } from './read.js';
import { write } from './write.js';

/** What every update needs. */
export interface Pipeline {
  store: Store;
  cache: Cache;
  clock: Clock;
  log: Log;
  metrics: BotMetrics;
  authority: AuthorityWatch;
  forwarder: Forwarder;
  outbox: Outbox;
  botName: string;
  zone: string;
  holdMs: number;
}

/** What became of one update. */
export interface Handled {
  outcome: Outcome;
  answer: Answer;
}

/** Does what an update asks for, once, on whichever side may do it. Never throws. */
export async function handle(pipeline: Pipeline, delivery: Delivery): Promise<Answer> {
  const { clock, metrics } = pipeline;
  const startedMs = clock.monotonicMs();
  const ask = classify(delivery.update, pipeline.botName);
  if (ask === null) {
    metrics.updates.inc({ kind: 'other', outcome: 'ignored' });
    return DONE;
  }
  const now: Now = { ms: clock.now().getTime(), zone: pipeline.zone };
  if (ask.sentAtS !== null) {
    metrics.updateAgeSeconds.observe(Math.max(0, now.ms / 1_000 - ask.sentAtS));
  }
  const { outcome, answer } = await attempt(pipeline, ask, delivery, now);
  metrics.updates.inc({ kind: ask.request.kind, outcome });
  metrics.updateSeconds.observe({ outcome }, (clock.monotonicMs() - startedMs) / 1_000);
  return answer;
}

async function attempt(
  pipeline: Pipeline,
  ask: Ask,
  delivery: Delivery,
  now: Now,
): Promise<Handled> {
  try {
    return await (ask.access === 'write' ? write : read)(pipeline, ask, delivery, now);
  } catch (error) {
    // Never 200: the update would be lost.
    const errorId = randomUUID();
    const facts = { err: error, error_id: errorId, update_id: ask.updateId, kind: ask.request.kind };
    if (isUnreachable(error)) {
      pipeline.log.warn(facts, 'the database cannot be reached');
      return { outcome: 'unavailable', answer: { ...COME_BACK, errorId } };
    }
    pipeline.log.error(facts, 'an update failed');
    return { outcome: 'failed', answer: { status: 500, body: '', errorId } };
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof CardctlError && (error.code === 'source' || error.code === 'target');
}
