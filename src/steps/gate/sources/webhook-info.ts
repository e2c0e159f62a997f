import { Api } from 'grammy';
import { z } from 'zod';
import type { Clock } from '../../../lib/clock.js';
import type { WebhookReading } from '../backlog.js';
import { within } from './within.js';

export interface WebhookInfoSource {
  token: string;
  /** E.g. `https://api.telegram.org`. */
  apiRoot: string;
  clock: Clock;
  /** Default: 5,000. */
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 5_000;

/** How much of Telegram's words is repeated. */
const MESSAGE_CHARACTERS_MAX = 200;

const infoSchema = z.object({
  url: z.string(),
  pending_update_count: z.number(),
  last_error_date: z.number().optional(),
  last_error_message: z.string().optional(),
});

/**
 * Asks Telegram how the webhook is doing; once, since a gate asks again soon.
 *
 * @throws Error when it does not say, or when there is no webhook; without the token
 */
export async function readWebhookInfo(
  { token, apiRoot, clock, timeoutMs = TIMEOUT_MS }: WebhookInfoSource,
  signal: AbortSignal,
): Promise<WebhookReading> {
  const api = new Api(token, { apiRoot: apiRoot.replace(/\/+$/, '') });
  const told: unknown = await within(timeoutMs, signal, (ended) =>
    // The type is of an older AbortSignal; of this one it needs nothing else.
    api.getWebhookInfo(ended as Parameters<Api['getWebhookInfo']>[0]),
  );
  const answer = infoSchema.safeParse(told);
  if (!answer.success) throw new Error('answered with something that says nothing of a webhook');
  const { url, pending_update_count, last_error_date, last_error_message } = answer.data;
  if (url === '') throw new Error('the bot has no webhook: nobody is sent its updates');
  return {
    pendingUpdates: pending_update_count,
    lastError:
      last_error_date === undefined
        ? null
        : { atMs: last_error_date * 1_000, message: plain(last_error_message ?? 'unknown') },
    atMs: clock.now().getTime(),
  };
}

/** Some of it is what a server of somebody answered. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').slice(0, MESSAGE_CHARACTERS_MAX);
}
