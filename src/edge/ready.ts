import { request } from 'undici';
import { CardctlError, messageOf } from '../lib/errors.js';
import type { EdgeServer } from './config.js';

export interface ReadyOptions {
  /** The bearer token of the admin listeners. */
  token?: string | undefined;
  timeoutMsMax: number;
  signal?: AbortSignal | undefined;
}

/**
 * Asks each server's `/readyz`, all at once. A server without an admin URL (somebody's own bot) is
 * not asked.
 *
 * @returns the names of those that were not asked
 * @throws CardctlError `refused`, with the name and the reason of each that is not ready
 */
export async function refuseUnready(
  servers: readonly EdgeServer[],
  options: ReadyOptions,
): Promise<string[]> {
  const answers = await Promise.all(
    servers.map(async (server) => ({ name: server.name, reason: await reasonOf(server, options) })),
  );
  if (options.signal?.aborted) {
    throw new CardctlError('interrupted', 'stopped while asking the servers; nothing was changed');
  }
  const unready = answers.filter(({ reason }) => reason !== 'ready' && reason !== 'not asked');
  if (unready.length > 0) {
    const told = unready.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
    throw new CardctlError('refused', `not ready for traffic: ${told}`, {
      hint: 'Nothing was changed. Look at those servers, then run the shift again.',
      details: { unready },
    });
  }
  return answers.filter(({ reason }) => reason === 'not asked').map(({ name }) => name);
}

async function reasonOf({ adminUrl }: EdgeServer, options: ReadyOptions): Promise<string> {
  if (adminUrl === undefined) return 'not asked';
  const { token, timeoutMsMax, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMsMax);
  try {
    const { statusCode, body } = await request(new URL('/readyz', adminUrl), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await body.text();
    return statusCode === 200 ? 'ready' : `${statusCode} ${text.trim().slice(0, 300)}`.trim();
  } catch (error) {
    return timeout.aborted ? `no answer within ${timeoutMsMax} ms` : messageOf(error);
  }
}
