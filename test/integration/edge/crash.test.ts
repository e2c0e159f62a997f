import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { ApplyStage } from '../../../src/edge/apply-upstream.js';
import { type Recovered, recoverUpstream } from '../../../src/edge/recover-upstream.js';
import { shift } from '../../../src/edge/shift.js';
import { meetWorkers } from '../../../src/edge/workers.js';
import { startEdge, type TestEdge } from '../../support/edge.js';
import { shiftOptions, surroundings } from '../../support/edge-options.js';
import { runProcess } from '../../support/process.js';

/** Shifts to 10% in a process of its own that is killed (`kill -9`) at that point. */
async function shiftAndDie({ config }: TestEdge, killAt: ApplyStage): Promise<void> {
  const args = ['--import', 'tsx', 'test/support/apply-process.ts'];
  const told = JSON.stringify({ config, percent: 10, killAt });
  const { signal, stderr } = await runProcess(process.execPath, [...args, told]);
  expect(signal, stderr).toBe('SIGKILL');
}

async function percentInForce({ config }: TestEdge): Promise<{ file: string; serving: string[] }> {
  const text = await readFile(config.upstreamFile, 'utf8');
  const workers = await meetWorkers(config.statusUrl);
  await workers.close();
  return {
    file: /^# Upstream \d+: (.*%)/m.exec(text)?.[1] ?? '',
    serving: [...new Set(workers.serving.values())].map((generation) => generation.slice(0, 1)),
  };
}

it.each([
  ['kept', 'settled', undefined],
  ['written', 'settled', undefined],
  [
    'replaced',
    'undone',
    /cut short; the file of generation 1-\w+ \(0%\) is back and every worker serves it/,
  ],
  [
    'tested',
    'undone',
    /cut short; the file of generation 1-\w+ \(0%\) is back and every worker serves it/,
  ],
  ['served', 'finished', /cut short; every worker serves generation 2-\w+, so it stands/],
  ['proved', 'finished', /cut short; every worker serves generation 2-\w+, so it stands/],
  ['settled', 'settled', undefined],
] as const)('a kill once it is %s: the next run finds it %s', async (killAt, did, sentence) => {
  const edge = await startEdge();
  await shiftAndDie(edge, killAt);
  const isNew = did === 'finished' || killAt === 'settled';
  const recovered = await recoverUpstream(surroundings(edge));
  expect(recovered?.did ?? 'settled').toBe(did);
  if (sentence !== undefined) expect(recovered?.sentence).toMatch(sentence);
  expect(await percentInForce(edge)).toEqual(
    isNew ? { file: '10%', serving: ['2'] } : { file: '0%', serving: ['1'] },
  );
  // Settled: another look finds nothing to do, and shifts go on.
  expect(await recoverUpstream(surroundings(edge))).toBeUndefined();
  const { plan } = await shift(shiftOptions(edge, 25));
  expect(plan.fromPercent).toBe(isNew ? 10 : 0);
  expect((await percentInForce(edge)).file).toBe('25%');
});

it('a kill right after the reload was signalled: either file is in force, and the next run says which', async () => {
  const edge = await startEdge();
  await shiftAndDie(edge, 'reloaded');
  const told: Recovered[] = [];
  const { plan } = await shift(
    shiftOptions(edge, 25, { onRecovered: (recovered) => told.push(recovered) }),
  );
  expect(told).toHaveLength(1);
  expect(plan.fromPercent).toBe(told[0]?.did === 'finished' ? 10 : 0);
  expect((await percentInForce(edge)).file).toBe('25%');
});
