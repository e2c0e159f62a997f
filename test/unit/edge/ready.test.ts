import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { EdgeServer } from '../../../src/edge/config.js';
import { refuseUnready } from '../../../src/edge/ready.js';
import { atEnd } from '../../support/cleanup.js';
import { freePort } from '../../support/free-port.js';

async function bot(name: string, answer: RequestListener): Promise<EdgeServer> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const adminUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { name, stack: 'fleet', address: '10.0.1.10:8443', adminUrl };
}

const ready: RequestListener = (_request, response) => response.end();
const OPTIONS = { timeoutMsMax: 5_000 };

it('a server is asked at /readyz with the token, and one without an admin URL is not', async () => {
  const seen: unknown[] = [];
  const asked = await bot('fleet-1', ({ url, headers }, response) => {
    seen.push([url, headers.authorization]);
    response.end();
  });
  const silent: EdgeServer = { name: 'legacy-1', stack: 'legacy', address: '10.0.1.5:8443' };
  expect(await refuseUnready([asked, silent], { ...OPTIONS, token: 'secret' })).toEqual([
    'legacy-1',
  ]);
  expect(seen).toEqual([['/readyz', 'Bearer secret']]);
});

it('each that is not ready is named with its reason, and the token is not told', async () => {
  const port = await freePort();
  const servers = [
    await bot('fleet-1', ready),
    await bot('fleet-2', (_request, response) => response.writeHead(503).end('epoch 3, not 4\n')),
    { ...(await bot('fleet-3', ready)), adminUrl: `http://127.0.0.1:${port}` },
    await bot('fleet-4', () => undefined),
  ];
  const refused = refuseUnready(servers, { timeoutMsMax: 2_000, token: 'secret' });
  await expect(refused).rejects.toMatchObject({
    code: 'refused',
    message: `not ready for traffic: fleet-2: 503 epoch 3, not 4; fleet-3: connect ECONNREFUSED 127.0.0.1:${port}; fleet-4: no answer within 2000 ms`,
  });
  await expect(refused).rejects.not.toThrow('secret');
});

it('a foreign bot is ready when it takes connections, and is asked for nothing', async () => {
  const requests: unknown[] = [];
  const { address } = await bot('x', ({ url }) => void requests.push(url)).then(loopback);
  expect(await refuseUnready([foreignAt(address)], OPTIONS)).toEqual([]);
  expect(requests).toEqual([]);
  const port = await freePort();
  await expect(refuseUnready([foreignAt(`127.0.0.1:${port}`)], OPTIONS)).rejects.toThrow(
    `not ready for traffic: legacy: connect ECONNREFUSED 127.0.0.1:${port}`,
  );
});

it('a foreign bot with a health URL is asked there, without the token', async () => {
  const seen: unknown[] = [];
  let status = 204;
  const { address } = await bot('x', ({ url, headers }, response) => {
    seen.push([url, headers.authorization]);
    response.writeHead(status).end(status === 204 ? '' : 'out of cards');
  }).then(loopback);
  const foreign = foreignAt(address, `http://${address}/up`);
  expect(await refuseUnready([foreign], { ...OPTIONS, token: 'secret' })).toEqual([]);
  expect(seen).toEqual([['/up', undefined]]);
  status = 500;
  await expect(refuseUnready([foreign], OPTIONS)).rejects.toThrow('legacy: 500 out of cards');
});

function loopback({ adminUrl = '' }: EdgeServer): { address: string } {
  return { address: new URL(adminUrl).host };
}

function foreignAt(address: string, healthUrl?: string): EdgeServer {
  const url = `http://${address}/webhook`;
  return { name: 'legacy', stack: 'legacy', address, foreign: { url, healthUrl } };
}

it('an abort is no refusal', async () => {
  const controller = new AbortController();
  const asking = refuseUnready([await bot('fleet-1', () => undefined)], {
    ...OPTIONS,
    signal: controller.signal,
  });
  controller.abort();
  await expect(asking).rejects.toMatchObject({ code: 'interrupted' });
});
