import { once } from 'node:events';
import { connect } from 'node:net';
import { request } from 'undici';
import { deadlineIn } from '../lib/deadline.js';
import { CardctlError, messageOf } from '../lib/errors.js';
import type { EdgeServer } from './config.js';

export interface ReadyOptions {
  /** The bearer token of the admin listeners. */
  token?: string | undefined;
  timeoutMsMax: number;
  signal?: AbortSignal | undefined;
}

/**
 * Asks each server's `/readyz`, all at once; somebody's own bot at its health URL, or whether it
 * takes connections. A cardbot without an admin URL is not asked.
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

async function reasonOf(server: EdgeServer, options: ReadyOptions): Promise<string> {
  const { adminUrl, foreign } = server;
  const { token, timeoutMsMax, signal } = options;
  const timeout = deadlineIn(timeoutMsMax);
  const until = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    if (foreign !== undefined) {
      const { healthUrl } = foreign;
      return await (healthUrl === undefined ? connects(server, until) : isWell(healthUrl, until));
    }
    if (adminUrl === undefined) return 'not asked';
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { statusCode, text } = await get(new URL('/readyz', adminUrl), { headers, until });
    return statusCode === 200 ? 'ready' : `${statusCode} ${text}`.trim();
  } catch (error) {
    return timeout.aborted ? `no answer within ${timeoutMsMax} ms` : messageOf(error);
  }
}

async function isWell(healthUrl: string, until: AbortSignal): Promise<string> {
  const { statusCode, text } = await get(new URL(healthUrl), { headers: {}, until });
  return statusCode >= 200 && statusCode < 300 ? 'ready' : `${statusCode} ${text}`.trim();
}

interface Asking {
  headers: Record<string, string>;
  until: AbortSignal;
}

async function get(url: URL, { headers, until }: Asking) {
  const { statusCode, body } = await request(url, { headers, signal: until });
  const text = await body.text();
  return { statusCode, text: text.trim().slice(0, 300) };
}

async function connects({ address }: EdgeServer, until: AbortSignal): Promise<string> {
  const { hostname, port } = new URL(`http://${address}`);
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) });
  try {
    await once(socket, 'connect', { signal: until });
    return 'ready';
  } finally {
    socket.destroy();
  }
}
