import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import { CardctlError, messageOf } from '../lib/errors.js';
import { type CallParams, readParams } from './bot-api-body.js';
import { ApiError, createFaults, type FaultRule, refuse } from './faults.js';
import { createMethods, type WebhookInfo } from './methods.js';
import type { ShownMessage } from './telegram.js';

export interface BotApiOptions {
  /** Loopback unless given. */
  host?: string;
  /** 0 takes a free one. */
  port: number;
  token: string;
  faults?: readonly FaultRule[];
}

/** What a call did, as `call` and the server tell it. */
export interface BotApiCall {
  /** As the bot wrote it. */
  method: string;
  params: CallParams;
  shown: readonly ShownMessage[];
  /** The update that it is the answer to, where that is certain. */
  updateId: number | undefined;
}

export interface BotApiDeps {
  clock: Clock;
  /** Numbers from 0 up to, not including, 1: whether a fault with a share hits. */
  roll: () => number;
  webhookInfo: () => WebhookInfo;
  /** A call was understood. @throws ApiError to refuse it */
  onCall: (call: BotApiCall) => void;
}

export interface BotApi {
  /** The `apiRoot` to give to the bot. */
  readonly url: string;
  /** How often each method was called, refusals included. */
  readonly calls: ReadonlyMap<string, number>;
  /** How often calls were refused, by `method status`. */
  readonly refused: ReadonlyMap<string, number>;
  nextMessageId(): number;
  /** A call that came as the answer to a webhook post. Its result goes nowhere, as with Telegram. */
  callFromWebhook(body: string, updateId: number): void;
  close(): Promise<void>;
}

/**
 * Telegram's side of the Bot API, as an HTTP server: `POST /bot<token>/<method>`.
 *
 * @throws CardctlError `edge` when it cannot listen there
 */
export async function startBotApi(options: BotApiOptions, deps: BotApiDeps): Promise<BotApi> {
  const methods = createMethods(deps.webhookInfo, () => deps.clock.now());
  const faultOf = createFaults(options.faults ?? [], deps.roll);
  const calls = new Map<string, number>();
  const refused = new Map<string, number>();

  const perform = (method: string, params: CallParams, updateId?: number): unknown => {
    const { result, shown } = methods.call(method, params);
    deps.onCall({ method, params, shown, updateId });
    return result;
  };

  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const { method, query } = parsePath(request.url ?? '', options.token);
    const params = await readParams(request, query);
    add(calls, method);
    const fault = faultOf(method);
    if (fault?.kind === 'slow') await sleep(fault.ms);
    if (fault?.kind === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    try {
      refuse(fault);
      send(response, 200, { ok: true, result: perform(method, params) });
    } catch (error) {
      if (error instanceof ApiError) add(refused, `${method} ${error.status}`);
      throw error;
    }
  };

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => sendError(response, error));
  });
  // Longer than any bot keeps a connection: it is never closed under a call.
  server.keepAliveTimeout = 120_000;
  const url = await listen(server, options);

  return {
    url,
    calls,
    refused,
    nextMessageId: methods.nextMessageId,
    callFromWebhook: (body, updateId) => {
      const { method, ...params } = parseCall(body);
      if (typeof method !== 'string') return;
      add(calls, method);
      try {
        perform(method, params, updateId);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        add(refused, `${method} ${error.status}`);
      }
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, { host = '127.0.0.1', port }: BotApiOptions) {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new CardctlError('edge', `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
      hint: 'give another port for the Bot API',
      cause: error,
    });
  }
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

/** @throws ApiError when it is not a call of this bot */
function parsePath(url: string, token: string): { method: string; query: string } {
  const [path = '', query = ''] = url.split('?', 2);
  const prefix = `/bot${token}/`;
  if (path.startsWith(prefix)) return { method: path.slice(prefix.length), query };
  if (path.startsWith('/bot')) throw new ApiError(401, 'Unauthorized');
  throw new ApiError(404, 'Not Found');
}

function parseCall(body: string): CallParams {
  if (!body.startsWith('{')) return {};
  try {
    return JSON.parse(body) as CallParams;
  } catch {
    return {};
  }
}

function sendError(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return;
  if (!(error instanceof ApiError)) {
    const description = `Bad Request: ${messageOf(error)}`;
    send(response, 400, { ok: false, error_code: 400, description });
    return;
  }
  const { status, description, retryAfterSeconds } = error;
  send(response, status, {
    ok: false,
    error_code: status,
    description,
    ...(retryAfterSeconds === undefined ? {} : { parameters: { retry_after: retryAfterSeconds } }),
  });
}

function send(response: ServerResponse, status: number, answer: object): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
