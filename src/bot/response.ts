import type { Reply } from '../store/store.js';

/** A call of the Bot API as the answer to a webhook: https://core.telegram.org/bots/api#making-requests-when-getting-updates */
export function bodyOf({ method, payload }: Reply): string {
  return JSON.stringify({ method, ...payload });
}

/** The call in the body of such an answer, or null when there is none. */
export function callIn(body: string): Reply | null {
  if (!body.startsWith('{')) return null;
  const { method, ...payload } = JSON.parse(body) as Record<string, unknown>;
  return typeof method === 'string' ? { method, payload } : null;
}
