import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../lib/errors.js';
import type { Authority, Store } from '../store/store.js';
import type { Log } from './log.js';
import type { BotMetrics } from './metrics.js';

/** Who may write, as this bot's database last told it: kept, since each read asks. */
export interface AuthorityWatch {
  /** Null before the database was reached for the first time. */
  readonly known: Authority | null;
  /** Whether this bot's own database takes writes, as far as is known. */
  isHere(): boolean;
  /** Something newer than what is known, e.g. from a write that was refused. */
  note(authority: Authority): void;
  /** @throws CardctlError when the database cannot be reached */
  refresh(): Promise<Authority>;
  /** Resolves once something else than `seen` is known, or after `ms`, with the former. */
  changed(seen: Authority, ms: number): Promise<boolean>;
  stop(): void;
}

const REFRESH_EVERY_MS = 1_000;

/** However many updates are held, one of them at a time asks the database. */
const ASK_EVERY_MS = 50;

export function watchAuthority(
  store: Store,
  { log, metrics }: { log: Log; metrics: BotMetrics },
): AuthorityWatch {
  let known: Authority | null = null;
  let asking: Promise<Authority> | null = null;

  const note = (authority: Authority) => {
    if (known !== null && authority.epoch < known.epoch) return;
    if (known !== null && !isSame(known, authority)) log.info({ authority }, 'authority changed');
    known = authority;
    metrics.epoch.set(authority.epoch);
    metrics.isAuthority.set(authority.store === store.kind ? 1 : 0);
  };

  const ask = async () => {
    try {
      const authority = await store.authority();
      note(authority);
      return authority;
    } finally {
      asking = null;
    }
  };

  const refresh = () => {
    asking ??= ask();
    return asking;
  };

  const timer = setInterval(() => {
    refresh().catch((error: unknown) => {
      log.warn({ reason: messageOf(error) }, 'cannot ask the database who may write');
    });
  }, REFRESH_EVERY_MS);
  timer.unref();

  return {
    get known() {
      return known;
    },
    isHere: () => known === null || known.store === store.kind,
    note,
    refresh,
    changed: async (seen, ms) => {
      const untilMs = performance.now() + ms;
      for (;;) {
        if (known !== null && !isSame(known, seen)) return true;
        const leftMs = untilMs - performance.now();
        if (leftMs <= 0) return false;
        await sleep(Math.min(ASK_EVERY_MS, leftMs));
        await refresh().catch(() => undefined);
      }
    },
    stop: () => clearInterval(timer),
  };
}

function isSame(one: Authority, other: Authority): boolean {
  return one.epoch === other.epoch && one.store === other.store && one.moving === other.moving;
}
