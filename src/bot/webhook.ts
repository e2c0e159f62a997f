import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseIds, parseUpdate, readBody } from './body.js';
import type { Answer, Delivery } from './delivery.js';
import {
  FOREIGN_HEADER,
  HOPS_HEADER,
  PEER_PATH,
  PEER_SECRET_HEADER,
  PEER_SENT_PATH,
  TELEGRAM_SECRET_HEADER,
} from './forward.js';
import { listen } from './listen.js';
import type { BotMetrics } from './metrics.js';
import type { Stack, WebhookOptions, WebhookTimeouts } from './options.js';
import { secretCheck } from './secret.js';

/** Where Telegram, through Nginx, and bots of the other stack post updates. */
export interface Webhook {
  readonly url: string;
  /** Updates that are not answered yet. */
  readonly inFlight: number;
  /** From now on each answer ends its connection, so that Nginx goes elsewhere. */
  leave(): void;
  /** Takes no more connections, and waits for the last answer or until `signal` aborts. */
  close(signal: AbortSignal): Promise<void>;
}

export interface WebhookDeps {
  handle(delivery: Delivery): Promise<Answer>;
  /** Notes in the ledger that replies were sent; false when it may not be written here. */
  noteSent(updateIds: readonly bigint[]): Promise<boolean>;
  metrics: BotMetrics;
}

export interface WebhookIdentity {
  stack: Stack;
  server: string;
  peerSecret: string | undefined;
}

const TIMEOUTS: WebhookTimeouts = {
  keepAliveMs: 75_000,
  headersMs: 80_000,
  requestMs: 85_000,
  checkMs: 10_000,
};

/** @throws CardctlError `edge` when it cannot listen there */
export async function openWebhook(
  options: WebhookOptions,
  { stack, server: name, peerSecret }: WebhookIdentity,
  { handle, noteSent, metrics }: WebhookDeps,
): Promise<Webhook> {
  const doorOf = doors(options, peerSecret);
  const identity = ['x-cardctl-stack', stack, 'x-cardctl-server', name];
  let inFlight = 0;
  let isLeaving = false;

  const answer = (response: ServerResponse, answered: Answer) => {
    const { status, body, retryAfterS, errorId, byForeign } = answered;
    const headers = [...identity, 'content-length', String(Buffer.byteLength(body))];
    if (body !== '') headers.push('content-type', 'application/json');
    if (retryAfterS !== undefined) headers.push('retry-after', String(retryAfterS));
    if (errorId !== undefined) headers.push('x-cardctl-error', errorId);
    if (byForeign === true) headers.push(FOREIGN_HEADER, '1');
    if (isLeaving) headers.push('connection', 'close');
    response.writeHead(status, headers).end(body);
  };

  /** Nothing of it is logged: anybody can send anything. */
  const reject = (response: ServerResponse, status: number) => {
    metrics.rejected.inc({ status: String(status) });
    answer(response, { status, body: '' });
  };

  const note = async (response: ServerResponse, ids: bigint[] | null) => {
    if (ids === null) return reject(response, 400);
    const isNoted = await noteSent(ids).catch(() => false);
    answer(response, { status: isNoted ? 200 : 503, body: '' });
  };

  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const door = doorOf(request);
    if (typeof door === 'number') return reject(response, door);
    const raw = await readBody(request);
    if (raw === 'aborted') return;
    if (raw === 'oversized') return reject(response, 413);
    if (door === 'sent') return note(response, parseIds(raw));
    const update = parseUpdate(raw);
    if (update === null) return reject(response, 400);
    inFlight += 1;
    metrics.inFlight.set(inFlight);
    try {
      answer(response, await handle({ update, raw, hops: door.hops }));
    } finally {
      inFlight -= 1;
      metrics.inFlight.set(inFlight);
    }
  };

  const { keepAliveMs, headersMs, requestMs, checkMs } = { ...TIMEOUTS, ...options.timeouts };
  const server = createServer(
    {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: checkMs,
    },
    (request, response) => void receive(request, response),
  );
  const url = await listen(server, options);
  return {
    url,
    get inFlight() {
      return inFlight;
    },
    leave: () => {
      isLeaving = true;
    },
    close: (signal) => {
      isLeaving = true;
      return new Promise((resolve) => {
        const cut = () => server.closeAllConnections();
        if (signal.aborted) cut();
        signal.addEventListener('abort', cut, { once: true });
        server.close(() => {
          signal.removeEventListener('abort', cut);
          resolve();
        });
      });
    },
  };
}

/** Which way a request came in, or the status that it is turned away with. */
function doors({ path, foreignPath, secretToken }: WebhookOptions, peerSecret: string | undefined) {
  const isTelegram = secretCheck(secretToken);
  const isPeer = peerSecret === undefined ? () => false : secretCheck(peerSecret);
  return ({ url, method, headers }: IncomingMessage): { hops: number } | 'sent' | number => {
    const fromPeer = (url === PEER_PATH || url === PEER_SENT_PATH) && peerSecret !== undefined;
    if (url !== path && url !== (foreignPath ?? path) && !fromPeer) return 404;
    if (method !== 'POST') return 405;
    const isKnown = fromPeer
      ? isPeer(headers[PEER_SECRET_HEADER])
      : isTelegram(headers[TELEGRAM_SECRET_HEADER]);
    if (!isKnown) return 401;
    if (!isJson(headers['content-type'])) return 415;
    if (url === PEER_SENT_PATH) return 'sent';
    return { hops: fromPeer ? hopsIn(headers[HOPS_HEADER]) : 0 };
  };
}

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType);
}

/** What a peer sends has been forwarded at least once, whatever it says. */
function hopsIn(header: string | string[] | undefined): number {
  const hops = Number(header);
  return Number.isSafeInteger(hops) && hops > 0 ? hops : 1;
}
