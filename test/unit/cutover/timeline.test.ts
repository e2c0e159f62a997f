import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openJournal, type RunRecord } from '../../../src/journal/journal.js';
import { readRuns } from '../../../src/journal/runs.js';
import { CardctlError } from '../../../src/lib/errors.js';
import { isAtItsEnd, isGoingBack } from '../../../src/steps/cutover/going-back.js';
import { timelineOf, withoutPlaces } from '../../../src/steps/cutover/timeline.js';
import { timelineText } from '../../../src/steps/cutover/timeline-text.js';
import { tempDir } from '../../support/temp-dir.js';
import { FakeClock } from '../cli/helpers.js';

const FAILED = {
  gate: 'error-rate',
  verdict: 'fail',
  reason: 'errors 9 of 9 | at http://10.0.1.10:9443/metrics',
  value: 1,
  limit: 0.001,
  unit: 'share',
  samples: 9,
};

/** A journal that is written as commands would, a second a line. */
async function journalOf(write: (command: (name: string) => RunRecord) => void) {
  const workDir = join(await tempDir(), 'work');
  const clock = new FakeClock();
  const now = () => {
    clock.ms += 1_000;
    return new Date(Date.UTC(2025, 0, 1) + clock.ms);
  };
  const journal = openJournal(workDir, { now, monotonicMs: () => clock.ms });
  write((name) => journal.startRun(name, {}));
  journal.close();
  return readRuns(workDir).runs;
}

function step(run: RunRecord, name: string, outcome: string, facts?: Record<string, unknown>) {
  run.stepStarted(name);
  run.stepDone(name, outcome, facts);
}

/** A run that is killed behind a promote, and one whose gate then fails. */
function killedThenBack(command: (name: string) => RunRecord): void {
  const earlier = command('cutover');
  step(earlier, 'shift-100', 'of a move that was taken back');
  earlier.failed(new CardctlError('rolled-back', 'that was another one'));
  const killed = command('cutover');
  step(killed, 'backup', '/var/lib/cardctl/backups/game.db-1, writers held 0.10 s');
  step(killed, 'shift-50', 'legacy-1 1, fleet-1 1', { percent: 50 });
  const switched = { authority: 'postgres', epoch: 1, changed: true, pauseMs: 123.4 };
  step(killed, 'promote', 'epoch 1, writes paused for 123 ms', switched);
  killed.stepStarted('warm-again');
  const byHand = command('shift');
  byHand.done({ percent: 60 });
  const back = command('cutover');
  back.stepStarted('gate-promoted');
  const failure = new CardctlError('rolled-back', 'the gate at 60% failed');
  back.stepFailed('gate-promoted', failure, { percent: 60, verdicts: [FAILED] });
  back.stepStarted('rollback');
  step(back, 'demote', 'epoch 2', { authority: 'sqlite', epoch: 2, changed: true, pauseMs: 80 });
  step(back, 'back-to-0', 'legacy-1 1', { percent: 0 });
  back.stepDone('rollback', 'the gate at 60% failed');
  back.failed(failure);
}

describe('the timeline of a move', () => {
  it('begins with its first run and ends with the last, one by hand and a killed one among them', async () => {
    const runs = await journalOf(killedThenBack);
    const timeline = timelineOf(runs, runs.at(-1)!.id);
    expect(timeline).toMatchObject({ result: 'rolled back', reason: 'the gate at 60% failed' });
    expect(
      timeline?.entries.map(({ step, state, percent, authority }) => [
        step,
        state,
        percent,
        authority?.store ?? null,
      ]),
    ).toEqual([
      ['backup', 'done', null, null],
      ['shift-50', 'done', 50, null],
      ['promote', 'done', null, 'postgres'],
      ['warm-again', 'killed', null, null],
      ['shift', 'done', 60, null],
      ['gate-promoted', 'failed', null, null],
      ['rollback', 'done', null, null],
      ['demote', 'done', null, 'sqlite'],
      ['back-to-0', 'done', 0, null],
    ]);
  });

  it('is told in Markdown that can be pasted anywhere', async () => {
    const runs = await journalOf(killedThenBack);
    const timeline = timelineOf(runs, runs.at(-1)!.id);
    const text = timelineText(timeline!);
    expect(text).toContain(
      `# Cutover of 2025-01-01: rolled back

the gate at 60% failed

- began 00:00:07, ended 00:00:28 UTC: 21.0 s, in 3 runs
- traffic at the end: 0% to the fleet
- 00:00:12: postgres became the authority, epoch 1; writes paused for 123 ms
- 00:00:23: sqlite became the authority, epoch 2; writes paused for 80 ms
`,
    );
    expect(text).toContain('| 00:00:08 | 1.0 s | backup |  | game.db-1, writers held 0.10 s |');
    expect(text).toContain('| 00:00:14 | killed | warm-again |  |  |');
    expect(text).toContain(
      '| error-rate | **fail** | 1 share | 0.001 share | 9 | errors 9 of 9 \\| at (URL) |',
    );
  });

  it('of a run that is not in the journal there is none', async () => {
    expect(timelineOf(await journalOf(killedThenBack), 'unknown')).toBeNull();
  });
});

it.each([
  ['fleet-1: connect ECONNREFUSED 10.0.1.10:9443', 'fleet-1: connect ECONNREFUSED (address)'],
  ['no answer from [fd00::1]:8443', 'no answer from (address)'],
  ['postgres://bot@db/game, then', '(URL), then'],
  ['the log is /var/lib/cardctl/follow.log', 'the log is follow.log'],
  ['errors 1 of 2/s at 95%', 'errors 1 of 2/s at 95%'],
])('places are left out of "%s"', (text, expected) => {
  expect(withoutPlaces(text)).toBe(expected);
});

describe('a rollback that was begun', () => {
  const begun = (command: (name: string) => RunRecord) => {
    const run = command('cutover');
    run.stepStarted('rollback');
    step(run, 'back-to-10', 'legacy-1 9', { percent: 10 });
    return run;
  };

  it('is gone on with after a kill', async () => {
    expect(isGoingBack(await journalOf(begun))).toBe(true);
  });

  it('is gone on with after a failure, also when a run could not even begin since', async () => {
    const runs = await journalOf((command) => {
      const run = begun(command);
      run.stepFailed('rollback', new Error('Nginx is gone'));
      run.failed(new CardctlError('partway', 'Nginx is gone'));
      command('cutover').failed(new CardctlError('target', 'no connection'));
    });
    expect(isGoingBack(runs)).toBe(true);
  });

  it('ends when it is done, or when everything was taken back by hand', async () => {
    const ended = await journalOf((command) => begun(command).stepDone('rollback', 'why'));
    expect(isGoingBack(ended)).toBe(false);
    const byHand = await journalOf((command) => {
      begun(command);
      command('rollback').done({});
    });
    expect(isGoingBack(byHand)).toBe(false);
  });
});

describe('a cutover is at its end', () => {
  it.each<[string, boolean, (command: (name: string) => RunRecord) => void]>([
    ['when its last run was done', true, (command) => command('cutover').done({ end: 'done' })],
    ['not when that held', false, (command) => command('cutover').done({ end: 'held' })],
    [
      'not when it was taken back since',
      false,
      (command) => {
        command('cutover').done({ end: 'done' });
        command('rollback').done({});
      },
    ],
    ['not before it began', false, () => undefined],
  ])('%s', async (_what, expected, write) => {
    expect(isAtItsEnd(await journalOf(write))).toBe(expected);
  });
});
