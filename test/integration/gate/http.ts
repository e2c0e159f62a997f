import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from '../../support/cleanup.js';

export const TOKEN = 'a-token-that-nobody-may-see';

/** A server on loopback; its URL. */
export async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers those who know the token. */
export function guarded(answer: RequestListener): RequestListener {
  return (request, response) => {
    if (request.headers.authorization === `Bearer ${TOKEN}`) return answer(request, response);
    // As some servers do: what was sent comes back.
    return response.writeHead(401).end(`no: ${request.headers.authorization}`);
  };
}

/** Ways in which a server does not give what it was asked for, and what is said of each. */
export const BROKEN: [string, RequestListener, RegExp][] = [
  ['hangs before its answer', () => undefined, /no answer within 300 ms$/],
  [
    'hangs within its answer',
    (_request, response) => void response.writeHead(200).write('cardbot_updates_total 1\n'),
    /no answer within 300 ms$/,
  ],
  ['closes the connection', (request) => void request.socket.destroy(), /other side closed$/],
  [
    'fails and shows what it was sent',
    ({ headers }, response) => void response.writeHead(500).end(headers.authorization),
    /answered 500$/,
  ],
  [
    'leads elsewhere',
    (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1' }).end(),
    /answered 302$/,
  ],
];
