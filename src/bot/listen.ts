import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { CardctlError, messageOf } from '../lib/errors.js';

/** @throws CardctlError `edge` when it cannot listen there */
export async function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<string> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new CardctlError('edge', `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
      hint: 'Give another port, or end what listens there: ss -ltnp',
      cause: error,
    });
  }
  const { port: taken } = server.address() as AddressInfo;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${taken}`;
}
