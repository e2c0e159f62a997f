import { expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import type { ReportEvent } from '../../../src/lib/report.js';
import { runSteps } from '../../../src/steps/run.js';
import type { Step } from '../../../src/steps/step.js';

const NO_JOURNAL = { stepStarted() {}, stepDone() {}, stepFailed() {} };

it('an interrupt in a half-made target is called that, and not by what it broke', async () => {
  const { signal, events, run } = running('bit by bit', (abort) => {
    abort();
    signal.throwIfAborted();
  });
  await expect(run()).rejects.toMatchObject({
    code: 'partway',
    message: 'the run was interrupted',
  });
  expect(events.at(-1)).toMatchObject({ state: 'failed', detail: 'interrupted' });
});

it('what really failed during an interrupt is still told', async () => {
  const { run } = running('bit by bit', (abort) => {
    abort();
    throw new Error('the disk is full');
  });
  await expect(run()).rejects.toMatchObject({
    code: 'partway',
    message: 'the run was interrupted: the disk is full',
  });
});

it('an interrupt before the target was changed has changed nothing', async () => {
  const { signal, run } = running(undefined, (abort) => {
    abort();
    signal.throwIfAborted();
  });
  await expect(run()).rejects.toMatchObject({
    code: 'interrupted',
    message: 'interrupted; nothing was changed',
  });
});

function running(changesTarget: Step<null>['changesTarget'], work: (abort: () => void) => void) {
  const events: ReportEvent[] = [];
  const controller = new AbortController();
  const step: Step<null> = {
    name: 'load',
    title: 'load',
    ...(changesTarget === undefined ? {} : { changesTarget }),
    run: async () => {
      work(() => controller.abort());
      return '';
    },
  };
  const { signal } = controller;
  const deps = { report: (event: ReportEvent) => void events.push(event), clock: systemClock };
  return { signal, events, run: () => runSteps([step], null, { ...deps, signal }, NO_JOURNAL) };
}
