import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIPv4 } from 'node:net';
import { CardctlError } from '../lib/errors.js';
import { listen } from './listen.js';
import type { BotMetrics } from './metrics.js';
import type { AdminOptions } from './options.js';
import type { Readiness } from './ready.js';
import { secretCheck } from './secret.js';

/** The listener for those who run the bot: it is not reachable through the webhook's port. */
export interface Admin {
  readonly url: string;
  close(): Promise<void>;
}

export interface AdminDeps {
  readiness(): Promise<Readiness>;
  /** A cordoned bot works as before, but says that it wants no traffic. */
  cordon(isCordoned: boolean): void;
  metrics: BotMetrics;
}

/**
 * @throws CardctlError `usage` for a listener that others reach, without a token; `edge` when it
 * cannot listen there
 */
export async function openAdmin(options: AdminOptions, deps: AdminDeps): Promise<Admin> {
  const { token, host } = options;
  if (token === undefined && !isLoopback(host)) {
    throw new CardctlError('usage', `the admin listener on ${host} has no token`, {
      hint: 'Give it a token, or let it listen on 127.0.0.1',
    });
  }
  const isAllowed = token === undefined ? () => true : secretCheck(`Bearer ${token}`);
  const server = createServer((request, response) => {
    respond(request, response, isAllowed, deps).catch(() => send(response, 500, 'failed\n'));
  });
  const url = await listen(server, options);
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  isAllowed: (authorization: unknown) => boolean,
  { readiness, cordon, metrics }: AdminDeps,
): Promise<void> {
  const asked = `${method} ${url}`;
  // It says only that the process runs: whoever restarts processes asks it.
  if (asked === 'GET /livez') return send(response, 200, 'ok\n');
  if (!isAllowed(headers.authorization)) return send(response, 401, 'unauthorized\n');
  switch (asked) {
    case 'GET /readyz': {
      const found = await readiness();
      return send(response, found.ready ? 200 : 503, `${JSON.stringify(found)}\n`, JSON_TYPE);
    }
    case 'GET /metrics': {
      const text = await metrics.registry.metrics();
      return send(response, 200, text, metrics.registry.contentType);
    }
    case 'POST /cordon':
      cordon(true);
      return send(response, 200, 'cordoned\n');
    case 'POST /uncordon':
      cordon(false);
      return send(response, 200, 'uncordoned\n');
    default:
      return send(response, 404, 'not found\n');
  }
}

const JSON_TYPE = 'application/json';

function send(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  if (response.headersSent) return;
  response
    .writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
    .end(body);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
