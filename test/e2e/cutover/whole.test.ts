import { expect, test } from 'vitest';
import { startCardctl } from '../../support/cardctl.js';
import {
  type CutoverStage,
  expectBalanced,
  makeCutoverStage,
  resultOf,
} from '../../support/move/cutover-stage.js';

/** What `status --watch` tells of the traffic, the latest first, once it has looked some times. */
async function watchedLooks({ stage }: CutoverStage, looks: number) {
  const watching = startCardctl(['status', '--watch', '--json', '--config', stage.configPath]);
  await watching.waitFor(new RegExp(`("type":"look"[^]*){${looks}}`));
  const { exitCode, events } = resultOf(await watching.kill('SIGINT'));
  expect(exitCode).toBe(0);
  return events.filter(({ type }) => type === 'look').reverse();
}

test('a whole cutover under players: every gate passes, and no move is lost or doubled', {
  timeout: 1_200_000,
}, async () => {
  const stage = await makeCutoverStage({ steps: [25, 50, 100] });
  const players = await stage.play();
  const { exitCode, result, events } = await stage.runCutover();
  expect({ exitCode, result }, `${result.reason}`).toMatchObject({
    exitCode: 0,
    result: { end: 'done' },
  });
  expect(await stage.status()).toEqual({ authority: 'postgres', percent: 100, unfinished: null });
  const steps = events.filter(({ type, state }) => type === 'step' && state === 'done');
  const titles = steps
    .map(({ step }) => step)
    .filter((step) => /^(shift|gate|make P)/.test(`${step}`));
  expect(titles).toEqual([
    'shift 25% to the fleet',
    'gate at 25%',
    'shift 50% to the fleet',
    'gate at 50%',
    'make Postgres the authority',
    'gate at 50%, with Postgres as the authority',
    'shift 100% to the fleet',
    'gate at 100%',
  ]);
  const [watched] = await watchedLooks(stage, 3);
  expect(watched).toMatchObject({ percentWanted: 100, percentSeen: 100, authority: 'postgres' });
  expectBalanced(await players.stop());

  const again = await stage.runCutover();
  expect(again).toMatchObject({ exitCode: 0, result: { end: 'done' } });
  expect(again.events.filter(({ type }) => type === 'step')).toEqual([]);
});
