import { messageOf } from '../lib/errors.js';
import type { Authority } from '../store/store.js';
import type { AuthorityWatch } from './authority.js';
import type { Stack } from './options.js';

/** Whether a bot should get traffic, with all reasons why not. */
export interface Readiness {
  ready: boolean;
  reasons: string[];
  stack: Stack;
  server: string;
  /** As the database tells it now; null when it cannot be reached. */
  authority: Authority | null;
}

/** What may keep a bot out of traffic, besides its store. */
export interface Gate {
  isCordoned: boolean;
  isStopping: boolean;
}

const STORE_MS_MAX = 2_000;

export async function readinessOf(
  authority: AuthorityWatch,
  { isCordoned, isStopping }: Gate,
  { stack, server }: { stack: Stack; server: string },
): Promise<Readiness> {
  const asked = await within(STORE_MS_MAX, authority.refresh());
  const reasons = [
    ...(isStopping ? ['it is shutting down'] : []),
    ...(isCordoned ? ['it is cordoned'] : []),
    ...('reason' in asked ? [`the database: ${asked.reason}`] : []),
  ];
  const known = 'value' in asked ? asked.value : null;
  return { ready: reasons.length === 0, reasons, stack, server, authority: known };
}

async function within<Value>(
  ms: number,
  work: Promise<Value>,
): Promise<{ value: Value } | { reason: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ reason: string }>((resolve) => {
    timer = setTimeout(() => resolve({ reason: `no answer within ${ms} ms` }), ms);
  });
  const done = work.then(
    (value) => ({ value }),
    (error: unknown) => ({ reason: messageOf(error) }),
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
