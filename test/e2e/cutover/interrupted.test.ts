import { expect, test } from 'vitest';
import { expectBalanced, makeCutoverStage, resultOf } from '../../support/move/cutover-stage.js';

const LONG = { timeout: 1_200_000 };

test(
  'killed between the fence and the new authority, it is finished by the same command',
  LONG,
  async () => {
    const stage = await makeCutoverStage();
    const players = await stage.play();
    const killed = stage.cutover([], { CARDCTL_FAULT_POINT: 'switch-caught-up' });
    await killed.waitFor(/waiting: not ready for traffic: fleet/);
    await stage.startFleet();
    expect(await killed.finished).toMatchObject({ signal: 'SIGKILL' });
    expect(await stage.status()).toMatchObject({ percent: 50 });

    const { exitCode, result, events } = await stage.runCutover();
    expect({ exitCode, end: result.end }, `${result.reason ?? result.message}`).toEqual({
      exitCode: 0,
      end: 'done',
    });
    expect(await stage.status()).toEqual({ authority: 'postgres', percent: 100, unfinished: null });
    const done = events.filter(({ type, state }) => type === 'step' && state === 'done');
    expect(done.map(({ step }) => step)).toEqual(
      expect.not.arrayContaining([
        'load the target',
        'back up the source',
        'shift 50% to the fleet',
      ]),
    );
    const { entries } = stage.timeline();
    expect(entries.filter(({ state }) => state === 'killed').map(({ step }) => step)).toEqual([
      'promote',
    ]);
    expectBalanced(await players.stop());
  },
);

test('Ctrl-C while a gate is watched holds the weight, and says how to go on', LONG, async () => {
  const stage = await makeCutoverStage({ limits: { samplesMin: 1_000_000 } });
  const players = await stage.play();
  const running = stage.cutover();
  await running.waitFor(/waiting: not ready for traffic: fleet/);
  await stage.startFleet();
  await running.waitFor(/"step":"gate at 50%","state":"started"/);
  const { exitCode, result } = resultOf(await running.kill('SIGINT'));
  expect(exitCode).toBe(7);
  expect(result.message).toBe(
    'interrupted; the fleet keeps 50% of the traffic, and sqlite is the authority',
  );
  expect(result.hint).toMatch(/^go on with: cardctl cutover .* or go back with: cardctl rollback/);
  expect(await stage.status()).toEqual({ authority: 'sqlite', percent: 50, unfinished: null });
  expect(stage.timeline()).toMatchObject({ result: 'stopped', reason: result.message });
  expectBalanced(await players.stop());
});

test('numbers that nobody gives hold the gate, and the next run measures again', LONG, async () => {
  const stage = await makeCutoverStage({ prometheus: { url: 'http://127.0.0.1:1' } });
  const players = await stage.play();
  const first = await stage.runCutover(['--hold', '3']);
  expect(first.exitCode, first.stderr).toBe(9);
  expect(first.result).toMatchObject({
    end: 'held',
    reason: expect.stringMatching(/error-rate: not all is known: Prometheus: .*ECONNREFUSED/),
  });
  expect(await stage.status()).toEqual({ authority: 'sqlite', percent: 50, unfinished: null });
  expect(stage.timeline()).toMatchObject({ result: 'holding' });

  const again = await stage.runCutover(['--hold', '1']);
  expect(again).toMatchObject({ exitCode: 9, result: { end: 'held' } });
  const steps = again.events.filter(({ type, state }) => type === 'step' && state === 'done');
  expect(steps.map(({ step }) => step)).toEqual(['gate at 50%']);
  expectBalanced(await players.stop());
});
