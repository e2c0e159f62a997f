import { createServer } from 'node:http';
import { listen } from '../../bot/listen.js';
import { secretCheck } from '../../bot/secret.js';
import type { FollowMetrics } from './metrics.js';

/** Where the follow process tells how far it is. */
export interface FollowListener {
  readonly url: string;
  close(): Promise<void>;
}

export interface ListenOptions {
  host: string;
  port: number;
  /** Asked for as a bearer token, except for `/livez`. */
  token: string | null;
}

/** @throws CardctlError `edge` when it cannot listen there */
export async function openFollowListener(
  { host, port, token }: ListenOptions,
  metrics: FollowMetrics,
): Promise<FollowListener> {
  const isAllowed = token === null ? () => true : secretCheck(`Bearer ${token}`);
  const server = createServer(async ({ method, url, headers }, response) => {
    const asked = `${method} ${url}`;
    if (asked === 'GET /livez') {
      response.end('ok\n');
    } else if (!isAllowed(headers.authorization)) {
      response.writeHead(401).end('unauthorized\n');
    } else if (asked === 'GET /metrics') {
      const text = await metrics.registry.metrics();
      response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text);
    } else {
      response.writeHead(404).end('not found\n');
    }
  });
  const opened = await listen(server, { host, port });
  return {
    url: opened,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
