import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { EdgeConfig } from '../../../src/edge/config.js';
import { planShift } from '../../../src/edge/plan-shift.js';
import { shift } from '../../../src/edge/shift.js';
import { systemClock } from '../../../src/lib/clock.js';
import { startStandInEdge } from '../../../src/loadtest/stand-in-edge.js';
import { atEnd } from '../../support/cleanup.js';
import { shiftOptions } from '../../support/edge-options.js';
import { freePort } from '../../support/free-port.js';
import { tempDir } from '../../support/temp-dir.js';

const NOTHING = [process.execPath, '--version'] as const;

/** One legacy and three fleet bots that need not be there: nothing is posted. */
async function configured(): Promise<EdgeConfig> {
  const directory = await tempDir();
  const servers = ['legacy-1', 'fleet-1', 'fleet-2', 'fleet-3'].map((name, i) => ({
    name,
    stack: i === 0 ? ('legacy' as const) : ('fleet' as const),
    address: `127.0.0.1:${i + 1}`,
  }));
  const config: EdgeConfig = {
    servers,
    upstreamName: 'bots',
    upstreamFile: join(directory, 'upstream.conf'),
    webhookPath: '/hook-0123456789abcdef',
    serverName: 'bot.test',
    listenPort: 443,
    certificate: '',
    certificateKey: '',
    accessLog: join(directory, 'webhook.log'),
    statusUrl: `http://127.0.0.1:${await freePort()}/generation`,
    commands: { test: NOTHING, reload: NOTHING, timeoutMsMax: 10_000 },
  };
  writeFileSync(config.upstreamFile, planShift(config, 0, undefined).text);
  return config;
}

/** Asks where so many updates go, and answers each with 200. */
function send({ spread }: Awaited<ReturnType<typeof startStandInEdge>>, count: number) {
  const hits = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const { url, ended } = spread.next();
    ended?.(200, 0.01);
    hits.set(url, (hits.get(url) ?? 0) + 1);
  }
  return [...hits].map(([url, of]) => `${new URL(url).port}: ${of}`).sort();
}

it('spreads by the weights of the upstream file, and a shift proves it as with Nginx', async () => {
  const config = await configured();
  const edge = await startStandInEdge(config, systemClock);
  atEnd(() => edge.close());
  expect(send(edge, 300)).toEqual(['1: 300']);
  const sending = setInterval(() => send(edge, 30), 20);
  const options = shiftOptions({ config }, 10, {
    observe: { requests: 600, secondsMax: 20 },
  });
  const { applied } = await shift(options).finally(() => clearInterval(sending));
  expect(applied.proof.verdict).toMatchObject({ verdict: 'pass' });
  expect(applied.proof.observed.servers.get('127.0.0.1:1')?.requests).toBeGreaterThan(500);
  expect(send(edge, 300)).toEqual(['1: 270', '2: 10', '3: 10', '4: 10']);
});

it('goes on as before when the file is not one of ours', async () => {
  const config = await configured();
  const edge = await startStandInEdge(config, systemClock);
  atEnd(() => edge.close());
  writeFileSync(config.upstreamFile, 'upstream bots { server 10.0.0.1:1; }\n');
  await sleep(200);
  expect(send(edge, 10)).toEqual(['1: 10']);
});

it('says so when something else listens where its status should be', async () => {
  const config = await configured();
  const first = await startStandInEdge(config, systemClock);
  atEnd(() => first.close());
  await expect(startStandInEdge(config, systemClock)).rejects.toMatchObject({
    code: 'edge',
    hint: expect.stringContaining('--url'),
  });
});
