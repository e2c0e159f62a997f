import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ApplyStage } from '../../../src/edge/apply-upstream.js';
import { shift } from '../../../src/edge/shift.js';
import { startEdge, type TestEdge } from '../../support/edge.js';
import { shiftOptions } from '../../support/edge-options.js';
import { sendUpdates, startTraffic } from '../../support/edge-traffic.js';

const updatesPerBot = (edge: TestEdge) => edge.bots.map(({ updates }) => updates.length);

it('10% is dealt out 27:1:1:1, and found to be so in the log', async () => {
  const edge = await startEdge();
  const stages: ApplyStage[] = [];
  const shifting = shift(
    shiftOptions(edge, 10, {
      observe: { requests: 3_000, secondsMax: 40 },
      onStage: (stage) => stages.push(stage),
    }),
  );
  while (!stages.includes('served')) await Promise.race([shifting, sleep(10)]);
  const statuses = await sendUpdates(edge, 3_000);
  const { applied, plan, notAsked } = await shifting;
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(plan.shares.servers.map(({ weight }) => weight)).toEqual([27, 1, 1, 1]);
  expect(applied.workers).toHaveLength(2);
  expect(notAsked).toEqual([]);
  // Over a shared zone the two workers take turns together: every 30 requests are 27:1:1:1.
  expect(updatesPerBot(edge)).toEqual([2_700, 100, 100, 100]);
  expect(applied.proof.observed).toEqual({
    servers: new Map(
      edge.bots.map(({ server, updates }) => [
        server.address,
        { requests: updates.length, failures: 0 },
      ]),
    ),
    unserved: 0,
    requests: 3_000,
  });
  expect(applied.proof.verdict).toMatchObject({
    verdict: 'pass',
    reason: expect.stringContaining('fleet: 300 of 3000 requests'),
  });
  expect(stages).toEqual([
    ...['kept', 'written', 'replaced', 'tested', 'reloaded', 'served', 'proved', 'settled'],
  ]);
  expect(await readFile(edge.config.upstreamFile, 'utf8')).toBe(plan.text);
  expect(await readFile(`${edge.config.upstreamFile}.last-good`, 'utf8')).toBe(plan.text);
});

it('at 100 all requests go to the fleet, and at 0 all to the legacy', async () => {
  const edge = await startEdge();
  await shift(shiftOptions(edge, 100));
  await sendUpdates(edge, 300);
  const [legacy, ...fleet] = updatesPerBot(edge);
  expect(legacy).toBe(0);
  expect(fleet.reduce((sum, count) => sum + count, 0)).toBe(300);
  // least_conn takes turns between those that are equal, so none is left out.
  expect(Math.min(...fleet)).toBeGreaterThan(0);
  expect(await readFile(edge.config.upstreamFile, 'utf8')).toContain('least_conn;');

  const { plan } = await shift(shiftOptions(edge, 0));
  expect({ from: plan.fromPercent, to: plan.percent }).toEqual({ from: 100, to: 0 });
  await sendUpdates(edge, 300);
  expect(updatesPerBot(edge)).toEqual([300, ...fleet]);
});

it('shifts under load lose no update and deliver none twice', async () => {
  const edge = await startEdge();
  const traffic = startTraffic(edge, 300);
  for (const percent of [10, 25, 50, 100, 0]) {
    await sleep(300);
    await shift(shiftOptions(edge, percent));
  }
  await sleep(300);
  await traffic.stop();
  const sent = [...traffic.answers.keys()];
  expect(sent.length).toBeGreaterThan(300);
  expect(new Set(traffic.answers.values())).toEqual(new Set([200]));
  const arrived = edge.bots.flatMap(({ updates }) => updates);
  expect(arrived.toSorted()).toEqual(sent.toSorted());
  console.log(`${sent.length} updates over 5 reloads, ${traffic.redelivered.length} redelivered`);
});

it('too few requests hold: the new share stands, undecided', async () => {
  const edge = await startEdge();
  const { applied } = await shift(
    shiftOptions(edge, 50, { observe: { requests: 1_000, secondsMax: 0.5 } }),
  );
  expect(applied.proof.verdict).toMatchObject({
    verdict: 'hold',
    reason: expect.stringContaining('0 of 0 requests'),
  });
  await sendUpdates(edge, 60);
  expect(updatesPerBot(edge)).toEqual([30, 10, 10, 10]);
});

it('a server that takes no requests is found out, and the old share is back', async () => {
  const edge = await startEdge();
  const before = await readFile(edge.config.upstreamFile, 'utf8');
  let shifted = false;
  const shifting = shift(
    shiftOptions(edge, 50, {
      observe: { requests: 1_500, secondsMax: 40 },
      onStage: (stage) => {
        shifted ||= stage === 'served';
      },
    }),
  );
  shifting.catch(() => undefined);
  while (!shifted) await Promise.race([shifting, sleep(10)]);
  await edge.bots[1]?.stop();
  // What was for the dead server goes to the next one: no request fails.
  expect(new Set(await sendUpdates(edge, 1_500))).toEqual(new Set([200]));
  await expect(shifting).rejects.toMatchObject({
    code: 'rolled-back',
    message: expect.stringMatching(
      /fleet-1: 0 of \d+ requests.*is back and every worker serves it/,
    ),
    details: { verdict: { verdict: 'fail' }, putBack: { file: true, served: true } },
  });
  expect(await readFile(edge.config.upstreamFile, 'utf8')).toBe(before);
  const legacy = updatesPerBot(edge)[0] ?? 0;
  await sendUpdates(edge, 50);
  expect(updatesPerBot(edge)[0]).toBe(legacy + 50);
});

it('a server that is not ready is refused by name before anything is changed', async () => {
  const edge = await startEdge();
  const before = await readFile(edge.config.upstreamFile, 'utf8');
  Object.assign(edge.bots[2]!.readiness, { status: 503, text: 'postgres: connection refused' });
  await expect(shift(shiftOptions(edge, 10))).rejects.toMatchObject({
    code: 'refused',
    message: 'not ready for traffic: fleet-2: 503 postgres: connection refused',
  });
  expect(await readFile(edge.config.upstreamFile, 'utf8')).toBe(before);
  // At 0% it gets no requests, so the way back is open.
  await shift(shiftOptions(edge, 0));
});
