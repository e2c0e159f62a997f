import { randomUUID } from 'node:crypto';
import type { Now } from '../game/time.js';
import { CardctlError } from '../lib/errors.js';
import { type Ask, classify } from './classify.js';
import { type Answer, COME_BACK, type Delivery, DONE } from './delivery.js';
import type { Handled, Parts } from './parts.js';
import { read } from './read.js';
import { write } from './write.js';

/** Does what an update asks for, once, on whichever side may do it. Never throws. */
export async function handle(parts: Parts, delivery: Delivery): Promise<Answer> {
  const { clock, metrics } = parts;
  const startedMs = clock.monotonicMs();
  const ask = classify(delivery.update, parts.botName);
  if (ask === 'malformed') {
    metrics.updates.inc({ kind: 'other', outcome: 'malformed' });
    return { status: 400, body: '' };
  }
  if (ask === null) {
    metrics.updates.inc({ kind: 'other', outcome: 'ignored' });
    return DONE;
  }
  const now: Now = { ms: clock.now().getTime(), zone: parts.zone };
  if (ask.sentAtS !== null) {
    metrics.updateAgeSeconds.observe(Math.max(0, now.ms / 1_000 - ask.sentAtS));
  }
  const { outcome, answer } = await attempt(parts, ask, delivery, now);
  metrics.updates.inc({ kind: ask.request.kind, outcome });
  metrics.updateSeconds.observe({ outcome }, (clock.monotonicMs() - startedMs) / 1_000);
  return answer;
}

async function attempt(parts: Parts, ask: Ask, delivery: Delivery, now: Now): Promise<Handled> {
  try {
    return await (ask.access === 'write' ? write : read)(parts, ask, delivery, now);
  } catch (error) {
    // Never 200: the update would be lost.
    const errorId = randomUUID();
    const facts = {
      err: error,
      error_id: errorId,
      update_id: ask.updateId,
      kind: ask.request.kind,
    };
    if (isUnreachable(error)) {
      parts.log.warn(facts, 'the database cannot be reached');
      return { outcome: 'unavailable', answer: { ...COME_BACK, errorId } };
    }
    parts.log.error(facts, 'an update failed');
    return { outcome: 'failed', answer: { status: 500, body: '', errorId } };
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof CardctlError && (error.code === 'source' || error.code === 'target');
}
