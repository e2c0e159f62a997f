import type { Now } from '../../game/time.js';
import type { Reply } from '../../store/store.js';
import type { Writes } from '../../store/writes.js';
import type { Ask } from '../classify.js';
import type { Lookup } from '../lookup.js';

interface Asked {
  ask: Ask;
  now: Now;
}

/** Changes nothing. Null when the player is not known: then they are added, and it runs again. */
export type ReadCommand<Args extends unknown[] = []> = (
  asked: Asked & { lookup: Lookup },
  ...args: Args
) => Promise<Reply[] | null>;

/**
 * Runs within one transaction, which may have to be repeated: it does nothing but call `writes`.
 * What does not depend on each other is asked for at once: it is sent at once, and keeps its order.
 */
export type WriteCommand<Args extends unknown[] = []> = (
  asked: Asked & { writes: Writes },
  ...args: Args
) => Promise<Reply[]>;

export type Reading = Parameters<ReadCommand>[0];
export type Writing = Parameters<WriteCommand>[0];
