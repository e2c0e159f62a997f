import type { Clock } from '../../../lib/clock.js';
import type { LagReading } from '../lag.js';
import { getText } from './get-text.js';
import { parseTextFormat } from './text-format.js';
import { within } from './within.js';

export interface FollowSource {
  /** Of the listener of `cardctl follow`, e.g. `http://127.0.0.1:9464`. */
  url: string;
  /** The bearer token of its listener. */
  token: string | undefined;
  /** Of the same time as the clock of the follow process. */
  clock: Clock;
  /** Default: 2,000. */
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 2_000;

/** When the follower last had all that was committed, Unix seconds; 0 as long as it never had. */
const CAUGHT_UP = 'cardctl_follow_caught_up_timestamp_seconds';

/**
 * Asks the follow process how long ago the follower last had all that was committed: it is behind by
 * no more than that, whether it is slow or stuck.
 *
 * @throws Error when it does not say; without the token
 */
export async function readFollowLag(
  { url, token, clock, timeoutMs = TIMEOUT_MS }: FollowSource,
  signal: AbortSignal,
): Promise<LagReading> {
  const text = await within(timeoutMs, signal, (ended) =>
    getText(new URL('/metrics', url), { bearer: token, signal: ended }),
  );
  const caughtUpS = parseTextFormat(text).find(({ name }) => name === CAUGHT_UP)?.value ?? 0;
  if (!(caughtUpS > 0)) throw new Error('the follower has not caught up yet');
  return { lagMs: Math.max(0, clock.now().getTime() - caughtUpS * 1_000), ageMs: 0 };
}
