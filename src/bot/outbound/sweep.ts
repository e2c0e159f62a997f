import { messageOf } from '../../lib/errors.js';
import type { Store } from '../../store/store.js';
import type { AuthorityWatch } from '../authority.js';
import type { Log } from '../log.js';
import type { Outbox } from './outbox.js';

/** Sends what a bot has committed and then did not send: it crashed, or Telegram was away. */
export interface Sweep {
  stop(): Promise<void>;
}

const EVERY_MS = 10_000;

/** Younger replies are most likely being sent right now, maybe by another bot. */
const OLDER_THAN_MS = 45_000;

const UPDATES_MAX = 200;

export interface SweepDeps {
  store: Pick<Store, 'unsent'>;
  authority: AuthorityWatch;
  outbox: Outbox;
  log: Log;
}

/** Looks at once, and then every few seconds. */
export function startSweep({ store, authority, outbox, log }: SweepDeps): Sweep {
  const sweep = async () => {
    // The ledger of a follower is a copy: what is unsent there may be sent since.
    if (!authority.isHere() || authority.known?.moving !== false) return;
    if (outbox.room < UPDATES_MAX) return;
    try {
      const found = await store.unsent(OLDER_THAN_MS, UPDATES_MAX);
      if (found.length > 0) log.info({ updates: found.length }, 'sending replies that were left');
      for (const { updateId, replies } of found) outbox.send(updateId, replies);
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'cannot look for replies that were left');
    }
  };
  let running = sweep();
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, EVERY_MS);
  timer.unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
