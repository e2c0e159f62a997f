import type { Now } from '../game/time.js';
import { messageOf } from '../lib/errors.js';
import type { Reply, Written } from '../store/store.js';
import type { Ask } from './classify.js';
import { write as runWrite } from './commands/index.js';
import { type Answer, COME_BACK, type Delivery, DONE } from './delivery.js';
import { noted } from './last-write.js';
import type { Handled, Parts } from './parts.js';
import { isAnswer } from './replies.js';
import { bodyOf } from './response.js';

/** After this long a bot that did not take an update is asked again, ms; then twice as long. */
const ASK_AGAIN_MS = 250;
const ASK_AGAIN_MS_MAX = 1_000;

/**
 * Executes an update where writes are: here, or on the other side. While that is neither, it is
 * held for some seconds, and then given back to Telegram, which delivers it again.
 */
export async function write(
  parts: Parts,
  ask: Ask,
  delivery: Delivery,
  now: Now,
): Promise<Handled> {
  const { store, clock, authority, forwarder, holdMs } = parts;
  const untilMs = clock.monotonicMs() + (delivery.hops > 0 ? 0 : holdMs);
  let askAgainMs = ASK_AGAIN_MS;
  for (;;) {
    const written = await store.write(BigInt(ask.updateId), (writes) =>
      runWrite({ writes, ask, now }),
    );
    if (written.outcome !== 'refused') return finish(parts, ask, written);
    const seen = written.authority;
    authority.note(seen);
    if (!seen.moving && seen.store !== store.kind) {
      const answer = await forwarder.forward(delivery);
      if (answer?.byForeign === true) await noteForeign(parts, ask);
      if (answer !== null) return { outcome: 'forwarded', answer };
    }
    const leftMs = untilMs - clock.monotonicMs();
    if (leftMs <= 0) return { outcome: 'held', answer: COME_BACK };
    await authority.changed(seen, seen.moving ? leftMs : Math.min(leftMs, askAgainMs));
    askAgainMs = Math.min(askAgainMs * 2, ASK_AGAIN_MS_MAX);
  }
}

type Committed = Exclude<Written, { outcome: 'refused' }>;

/** From here on the update is done, whatever else fails. */
async function finish(parts: Parts, ask: Ask, written: Committed): Promise<Handled> {
  if (written.outcome === 'applied') await tellCache(parts, ask, written);
  return { outcome: written.outcome, answer: respond(parts, ask, written.replies) };
}

/** Before the webhook is answered: the player's next read comes right after. */
async function tellCache(
  { store, cache, refill, log }: Parts,
  { who, updateId }: Ask,
  { touched, position }: Extract<Written, { outcome: 'applied' }>,
): Promise<void> {
  // What nobody remembers of a player, such as a fight, may have changed without them being touched.
  const userIds = touched.includes(who.user_id) ? touched : [...touched, who.user_id];
  try {
    await cache.wrote(userIds, noted(store.kind, position), touched);
    refill.add(touched);
  } catch (error) {
    log.warn({ update_id: updateId, reason: messageOf(error) }, 'the cache was not told');
  }
}

/**
 * A foreign bot tells no cache. Whatever it answered, the player's next reads go to it, until the
 * note is too old to matter. Nothing is loaded ahead for them: the copy here may not have it yet. Of
 * an opponent's row nothing is known here: follow tells the cache.
 */
async function noteForeign({ cache, log }: Parts, { who, updateId }: Ask): Promise<void> {
  try {
    await cache.wrote([who.user_id], noted('sqlite', null), [who.user_id]);
  } catch (error) {
    log.warn({ update_id: updateId, reason: messageOf(error) }, 'the cache was not told');
  }
}

/**
 * The answer to a press travels at once, in the webhook's answer: that it fails is no failure.
 * Whether it brought what a player must see would not be known, so that goes through the outbox.
 */
function respond({ outbox }: Parts, { updateId }: Ask, replies: readonly Reply[]): Answer {
  const answer = replies.find(isAnswer);
  outbox.send(
    BigInt(updateId),
    replies.filter((reply) => reply !== answer),
  );
  return answer === undefined ? DONE : { status: 200, body: bodyOf(answer) };
}
