import { messageOf } from '../../lib/errors.js';
import type { Log } from '../log.js';

/** @returns false when nobody may note it just now: it is to be tried again */
export type MarkSent = (updateIds: readonly bigint[]) => Promise<boolean>;

/** Notes in the ledger what was sent, many updates at a time. */
export interface SentMarks {
  add(updateId: bigint): void;
  /** Notes what is left. */
  stop(): Promise<void>;
}

/** So old may a mark be that is lost with the process; the replies would be sent again. */
const FLUSH_AFTER_MS = 200;
const AGAIN_AFTER_MS = 1_000;
const AT_ONCE_MAX = 500;

/** What cannot be noted for so long is dropped: then a sweep sends those replies again. */
const KEPT_MAX = 20_000;

export function createSentMarks(markSent: MarkSent, log: Log): SentMarks {
  let ids: bigint[] = [];
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> | null = null;

  /** @returns whether all were noted */
  const flush = async (): Promise<boolean> => {
    while (ids.length > 0) {
      const some = ids.slice(0, AT_ONCE_MAX);
      const areNoted = await markSent(some).catch((error: unknown) => {
        log.warn({ updates: ids.length, reason: messageOf(error) }, 'cannot note what was sent');
        return false;
      });
      // Whoever has the authority by now would send those replies again.
      if (!areNoted) {
        ids = ids.slice(-KEPT_MAX);
        return false;
      }
      ids = ids.slice(some.length);
    }
    return true;
  };

  const later = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = null;
      flushing = flush().then((areAllNoted) => {
        flushing = null;
        if (ids.length > 0) later(areAllNoted ? FLUSH_AFTER_MS : AGAIN_AFTER_MS);
      });
    }, ms);
    timer.unref();
  };

  return {
    add: (updateId) => {
      ids.push(updateId);
      if (flushing === null) later(FLUSH_AFTER_MS);
    },
    stop: async () => {
      await flushing;
      if (timer !== null) clearTimeout(timer);
      await flush();
    },
  };
}
