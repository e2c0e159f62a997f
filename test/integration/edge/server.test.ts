import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Agent } from 'undici';
import { expect, it } from 'vitest';
import { runCommand } from '../../../src/edge/commands.js';
import { renderServer } from '../../../src/edge/render-server.js';
import { shift } from '../../../src/edge/shift.js';
import { atEnd } from '../../support/cleanup.js';
import { startEdge, type TestEdge } from '../../support/edge.js';
import { shiftOptions } from '../../support/edge-options.js';
import { sendUpdates } from '../../support/edge-traffic.js';

/** One request on a connection of its own, and the status of its answer. */
async function ask(edge: TestEdge, path: string, method: 'GET' | 'POST', body?: string) {
  const ca = await readFile(edge.config.certificate, 'utf8');
  const agent = new Agent({ connect: { ca, servername: 'bot.test' } });
  atEnd(() => agent.close());
  const origin = `https://127.0.0.1:${edge.config.listenPort}`;
  const answer = await agent.request({ origin, path, method, ...(body ? { body } : {}) });
  await answer.body.dump();
  return answer.statusCode;
}

it('only an update of at most a megabyte, posted to the secret path, reaches a bot', async () => {
  const edge = await startEdge();
  const { webhookPath } = edge.config;
  expect(await ask(edge, '/', 'GET')).toBe(404);
  expect(await ask(edge, `${webhookPath}/x`, 'POST', 'x')).toBe(404);
  expect(await ask(edge, '/generation', 'GET')).toBe(404);
  expect(await ask(edge, webhookPath, 'GET')).toBe(403);
  expect(await ask(edge, webhookPath, 'POST', 'x'.repeat(2 ** 20 + 1))).toBe(413);
  expect(edge.bots.flatMap(({ updates }) => updates)).toEqual([]);
  const largest = 'x'.repeat(2 ** 20);
  expect(await ask(edge, webhookPath, 'POST', largest)).toBe(200);
  expect(edge.bots.flatMap(({ updates }) => updates)).toEqual([largest]);
});

it('HTTP/2 is spoken with whoever asks for it', async () => {
  const { config } = await startEdge();
  const ca = await readFile(config.certificate);
  const socket = connect({
    port: config.listenPort,
    servername: 'bot.test',
    ca,
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  await once(socket, 'secureConnect');
  expect(socket.alpnProtocol).toBe('h2');
  socket.destroy();
});

it('a bot is told who asked, over a connection that is kept', async () => {
  const edge = await startEdge();
  expect(new Set(await sendUpdates(edge, 40))).toEqual(new Set([200]));
  const [bot] = edge.bots;
  expect(bot?.headers).toMatchObject({
    host: 'bot.test',
    'x-real-ip': '127.0.0.1',
    'x-forwarded-for': '127.0.0.1',
  });
  expect(bot?.headers).not.toHaveProperty('connection', 'close');
  // Eight at a time need no more than that for each of the two workers.
  expect(bot?.connections).toBeLessThanOrEqual(16);
});

it.each([
  [false, 'the bot that broke off is the only one that saw it', 502],
  [true, 'another bot gets it too', 200],
])('ledger %s: of an update that was sent, %s', async (ledger, _what, status) => {
  const edge = await startEdge();
  const text = renderServer(edge.config, { nginxVersion: '1.22.1', ledger });
  await writeFile(join(edge.home, 'server.conf'), text);
  await shift(shiftOptions(edge, 100));
  const [, breaking] = edge.bots;
  breaking!.breaksOff = true;
  const statuses = [await edge.post('a'), await edge.post('b'), await edge.post('c')];
  const seen = edge.bots.flatMap(({ updates }) => updates).toSorted();
  const broken = breaking!.updates;
  expect(broken).toHaveLength(1);
  expect(seen).toEqual(['a', 'b', 'c', ...(ledger ? broken : [])].toSorted());
  expect(statuses.filter((code) => code !== 200)).toEqual(status === 200 ? [] : [status]);
});

it('what is rendered for this Nginx passes its own test without a warning', async () => {
  const edge = await startEdge();
  await runCommand(edge.config.commands.test, { timeoutMsMax: 20_000 });
  expect(await edge.nginx.errorLog()).not.toMatch(/\[(warn|error|crit|emerg)\]/);
});
