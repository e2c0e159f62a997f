import type { Now } from '../game/time.js';
import type { Reply } from '../store/store.js';
import type { Ask } from './classify.js';
import { read as runRead } from './commands/index.js';
import { type Delivery, DONE } from './delivery.js';
import { cachedLookup } from './lookup.js';
import type { Handled, Parts } from './parts.js';
import { isAnswer } from './replies.js';
import { bodyOf } from './response.js';
import { write } from './write.js';

/** Answers from the nearest copy that has what this player wrote last. */
export async function read(parts: Parts, ask: Ask, delivery: Delivery, now: Now): Promise<Handled> {
  const { store, cache, metrics, authority, forwarder } = parts;
  if (!authority.isHere() && (await cache.lastWrite(ask.who.user_id)) !== null) {
    // The player wrote on the other side a moment ago, or nobody knows when. Whether this side's
    // copy has it cannot be told; only when nobody is there to ask, it has to do.
    const answer = await forwarder.forward(delivery);
    if (answer !== null) return { outcome: 'forwarded', answer };
  }
  const lookup = cachedLookup(
    {
      store,
      cache,
      onRequest: (kind, isHit) =>
        metrics.cacheRequests.inc({ kind, result: isHit ? 'hit' : 'miss' }),
    },
    ask.who.user_id,
    now,
  );
  const replies = await runRead({ lookup, ask, now });
  if (replies === null) return write(parts, ask, delivery, now);
  return { outcome: 'read', answer: respond(parts, ask, replies) };
}

/**
 * One call may travel in the webhook's answer: the one that the player sees. It must not overtake
 * what still waits to be sent to the same chat.
 */
function respond({ outbox }: Parts, ask: Ask, replies: readonly Reply[]) {
  if (replies.length === 0) return DONE;
  const index = Math.max(
    0,
    replies.findIndex((reply) => !isAnswer(reply)),
  );
  const isBehind = outbox.isBusy(ask.chatId);
  outbox.sendOnce(isBehind ? replies : replies.filter((_, i) => i !== index));
  return isBehind ? DONE : { status: 200, body: bodyOf(replies[index]!) };
}
