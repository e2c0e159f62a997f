import { autoRetry } from '@grammyjs/auto-retry';
import { Api, type ApiClientOptions } from 'grammy';
import { Pool } from 'undici';

export interface BotApi {
  /** One call; what the Bot API refuses is thrown as grammY's errors. */
  call(method: string, payload: Record<string, unknown>, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

export interface BotApiOptions {
  token: string;
  apiRoot?: string | undefined;
}

const API_ROOT = 'https://api.telegram.org';

const CONNECTIONS_MAX = 64;

/** Of one attempt; an upload is the longest. */
const CALL_S_MAX = 30;

/** After the first one. By then a reply is some 20 s late; the ledger keeps it for the sweep. */
const ATTEMPTS_MORE_MAX = 2;

/** A chat that is blocked for longer is left to the sweep. */
const DELAY_S_MAX = 30;

/** grammY's client, which by itself would retry for ever, with bounds and kept connections. */
export function openBotApi({ token, apiRoot = API_ROOT }: BotApiOptions): BotApi {
  const root = apiRoot.replace(/\/+$/, '');
  const pool = new Pool(new URL(root).origin, {
    connections: CONNECTIONS_MAX,
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 30_000,
  });
  const api = new Api(token, {
    apiRoot: root,
    timeoutSeconds: CALL_S_MAX,
    fetch: fetchThrough(pool),
  });
  api.config.use(
    autoRetry({
      maxRetryAttempts: ATTEMPTS_MORE_MAX,
      maxDelaySeconds: DELAY_S_MAX,
      // Its number of attempts does not bound these: see `deliver.ts`.
      rethrowHttpErrors: true,
    }),
  );
  const methods = api.raw as unknown as Record<
    string,
    (payload: object, signal?: AbortSignal) => Promise<unknown>
  >;
  return {
    call: (method, payload, signal) => methods[method]!(payload, signal),
    close: () => pool.destroy(),
  };
}

type Fetch = NonNullable<ApiClientOptions['fetch']>;

/** As much of `fetch` as grammY uses, at a third of its cost. */
function fetchThrough(pool: Pool): Fetch {
  const request = async (url: string, init: NonNullable<Parameters<Fetch>[1]>) => {
    const { pathname, search } = new URL(url);
    const { body } = await pool.request({
      path: pathname + search,
      method: 'POST',
      headers: init.headers as Record<string, string>,
      body: init.body as string | null,
      signal: init.signal as AbortSignal,
    });
    return { json: () => body.json() };
  };
  return request as unknown as Fetch;
}
