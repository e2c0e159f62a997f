import { messageOf } from '../lib/errors.js';
import type { Store } from '../store/store.js';
import type { AuthorityWatch } from './authority.js';
import type { Log } from './log.js';

const EVERY_MS = 3_600_000;

/** Telegram delivers an update for a day at most; a rollback may bring back the day before. */
const KEPT_MS = 72 * 3_600_000;

/** Keeps the ledger from growing for ever. */
export function startPruning(
  store: Pick<Store, 'prune'>,
  authority: AuthorityWatch,
  log: Log,
): { stop(): void } {
  const timer = setInterval(() => {
    if (!authority.isHere()) return;
    store.prune(KEPT_MS).then(
      (updates) => log.info({ updates }, 'ledger pruned'),
      (error: unknown) => log.warn({ reason: messageOf(error) }, 'cannot prune the ledger'),
    );
  }, EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
