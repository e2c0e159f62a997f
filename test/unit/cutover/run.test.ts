import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import { CardctlError } from '../../../src/lib/errors.js';
import type {
  Cutover,
  CutoverPlan,
  CutoverWork,
  Decision,
  Standing,
} from '../../../src/steps/cutover/context.js';
import { runCutover } from '../../../src/steps/cutover/run.js';

const BEGINNING: Standing = {
  isLinked: false,
  isFollowed: false,
  isProven: false,
  backupAgeHours: null,
  authority: 'sqlite',
  epoch: 0,
  unfinished: null,
  percent: 0,
  isSettled: true,
};

const LOADED: Partial<Standing> = {
  isLinked: true,
  isFollowed: true,
  isProven: true,
  backupAgeHours: 1,
};

const FROM_NOTHING = ['assess', 'backUp', 'migrate', 'startFollow', 'verify'];

describe('a cutover does what is left to do', () => {
  it.each<[string, Partial<Standing>, string[]]>([
    [
      'from the beginning',
      {},
      [
        ...FROM_NOTHING,
        ...['ready fleet', 'warm'],
        ...['ready legacy fleet', 'shift 10', 'measure 10'],
        ...['ready legacy fleet', 'shift 50', 'measure 50'],
        ...['switchTo postgres', 'warm', 'measure 50'],
        ...['ready fleet', 'shift 100', 'measure 100'],
      ],
    ],
    [
      'loaded and proven, while nobody follows',
      { ...LOADED, isFollowed: false, percent: 10 },
      [
        'startFollow',
        'measure 10',
        ...['ready legacy fleet', 'shift 50', 'measure 50'],
        ...['switchTo postgres', 'warm', 'measure 50'],
        ...['ready fleet', 'shift 100', 'measure 100'],
      ],
    ],
    [
      'a shift that was cut short is settled by the same shift',
      { ...LOADED, percent: 50, isSettled: false },
      [
        ...['ready legacy fleet', 'shift 50', 'measure 50'],
        ...['switchTo postgres', 'warm', 'measure 50'],
        ...['ready fleet', 'shift 100', 'measure 100'],
      ],
    ],
    [
      'promoted, behind its gate',
      { ...LOADED, percent: 50, authority: 'postgres', epoch: 1 },
      ['warm', 'measure 50', 'ready fleet', 'shift 100', 'measure 100'],
    ],
    [
      'a promote that was cut short',
      { ...LOADED, percent: 50, authority: 'postgres', epoch: 1, unfinished: 'taken' },
      [
        ...['switchTo postgres', 'warm', 'measure 50'],
        ...['ready fleet', 'shift 100', 'measure 100'],
      ],
    ],
    [
      'a fence that is up: players wait for it, and no gate is measured meanwhile',
      { ...LOADED, percent: 50, unfinished: 'fenced' },
      [
        ...['switchTo postgres', 'warm', 'measure 50'],
        ...['ready fleet', 'shift 100', 'measure 100'],
      ],
    ],
    [
      'all traffic was given by hand: the gate before the promote is measured all the same',
      { ...LOADED, percent: 100 },
      ['measure 100', 'switchTo postgres', 'measure 100'],
    ],
    [
      'the last gate',
      { ...LOADED, percent: 100, authority: 'postgres', epoch: 1 },
      ['measure 100'],
    ],
    [
      'an old backup is enough for what is loaded',
      { ...LOADED, backupAgeHours: 100, percent: 100, authority: 'postgres', epoch: 1 },
      ['measure 100'],
    ],
  ])('%s', async (_what, standing, expected) => {
    const { cutover, did } = scripted({ standing });
    await expect(runCutover(cutover, false)).resolves.toEqual({ end: 'done' });
    expect(did).toEqual(expected);
  });

  it('a backup that is a day old is made anew before anything is loaded', async () => {
    const { cutover, did } = scripted({ standing: { backupAgeHours: 25 } });
    await runCutover(cutover, false);
    expect(did.slice(0, 3)).toEqual(['assess', 'backUp', 'migrate']);
  });

  it('with 100 as the step to promote after, all traffic moves first', async () => {
    const plan = { steps: [50, 100], promoteAfter: 100 };
    const { cutover, did } = scripted({ standing: LOADED, plan });
    await runCutover(cutover, false);
    expect(did.slice(-5)).toEqual([
      'shift 100',
      'measure 100',
      'switchTo postgres',
      'warm',
      'measure 100',
    ]);
  });
});

describe('a gate that holds', () => {
  it('ends the run at its weight, with its reason', async () => {
    const hold = decision('hold', 'too few to tell');
    const { cutover, did } = scripted({ standing: LOADED, gates: [hold] });
    await expect(runCutover(cutover, false)).resolves.toEqual({ end: 'held', decision: hold });
    expect(did.at(-1)).toBe('measure 10');
    expect(cutover.standing).toMatchObject({ percent: 10, authority: 'sqlite' });
  });

  it('so does a bot that is not ready', async () => {
    const { cutover, did } = scripted({ standing: LOADED, missing: 'fleet-1: ECONNREFUSED' });
    await expect(runCutover(cutover, false)).resolves.toMatchObject({
      end: 'held',
      decision: { reason: 'fleet-1: ECONNREFUSED' },
    });
    expect(did).toEqual(['ready fleet']);
  });
});

describe('a gate that fails takes everything back, from the last step to the first', () => {
  it.each<[string, Partial<Standing>, string[]]>([
    ['at 10%', { percent: 10 }, ['warm', 'shift 0']],
    ['at 50%, before the promote', { percent: 50 }, ['warm', 'shift 10', 'shift 0']],
    [
      'at 50%, behind the promote',
      { percent: 50, authority: 'postgres', epoch: 1 },
      ['warm', 'switchTo sqlite', 'shift 10', 'shift 0'],
    ],
    [
      'at 100%',
      { percent: 100, authority: 'postgres', epoch: 1 },
      ['warm', 'shift 50', 'switchTo sqlite', 'shift 10', 'shift 0'],
    ],
  ])('%s', async (_what, standing, expected) => {
    const { cutover, did } = scripted({
      standing: { ...LOADED, ...standing },
      gates: [decision('fail', 'errors 9 of 9')],
    });
    await expect(runCutover(cutover, false)).rejects.toMatchObject({
      code: 'rolled-back',
      message: expect.stringContaining('errors 9 of 9'),
      details: { verdicts: [expect.objectContaining({ verdict: 'fail' })] },
    });
    expect(did.slice(did.findIndex((each) => each.startsWith('measure')) + 1)).toEqual(expected);
    expect(cutover.standing).toMatchObject({ percent: 0, authority: 'sqlite' });
  });

  it('a share that a broken fleet cannot take is left out on the way', async () => {
    const { cutover, did } = scripted({
      standing: { ...LOADED, percent: 50 },
      gates: [decision('fail', 'errors 9 of 9')],
      failing: ['shift 10', 'warm'],
    });
    await expect(runCutover(cutover, false)).rejects.toMatchObject({ code: 'rolled-back' });
    expect(did.slice(-3)).toEqual(['warm', 'shift 10', 'shift 0']);
  });

  it('what cannot be left out is said, and gone on with by the next run', async () => {
    const { cutover, journal } = scripted({
      standing: { ...LOADED, percent: 50 },
      gates: [decision('fail', 'errors 9 of 9')],
      failing: ['shift 0'],
    });
    await expect(runCutover(cutover, false)).rejects.toMatchObject({
      code: 'partway',
      message: expect.stringContaining('stopped with 10% at the fleet'),
    });
    expect(journal.at(-1)).toBe('failed rollback');

    const next = scripted({ standing: { ...LOADED, percent: 10 } });
    await expect(runCutover(next.cutover, true)).rejects.toMatchObject({ code: 'rolled-back' });
    expect(next.did).toEqual(['warm', 'shift 0']);
  });

  it('requests that go elsewhere than they should are a failed gate, too', async () => {
    const { cutover, did } = scripted({ standing: { ...LOADED, percent: 10 }, strayAt: 50 });
    await expect(runCutover(cutover, false)).rejects.toMatchObject({ code: 'rolled-back' });
    expect(did.slice(-3)).toEqual(['shift 50', 'warm', 'shift 0']);
  });
});

describe('an interrupt', () => {
  it('before anything was changed has changed nothing', async () => {
    const { cutover } = scripted({ abortAt: 'assess' });
    await expect(runCutover(cutover, false)).rejects.toMatchObject({
      code: 'interrupted',
      message: 'interrupted; nothing was changed',
    });
  });

  it('holds the present weight, and says how to go on and how to go back', async () => {
    const { cutover, did } = scripted({ standing: LOADED, abortAt: 'shift 50' });
    await expect(runCutover(cutover, false)).rejects.toMatchObject({
      code: 'partway',
      message: 'interrupted; the fleet keeps 50% of the traffic, and sqlite is the authority',
      hint: 'go on with: cardctl cutover   or go back with: cardctl rollback',
    });
    expect(did.at(-1)).toBe('shift 50');
  });

  it('while a gate is watched does not fail it', async () => {
    const gates = [decision('fail', 'errors 9 of 9')];
    const { cutover, did } = scripted({ standing: LOADED, gates, abortAt: 'measure 10' });
    await expect(runCutover(cutover, false)).rejects.toMatchObject({ code: 'partway' });
    expect(did.at(-1)).toBe('measure 10');
  });
});

it('nothing is changed when something is not configured', async () => {
  const { cutover, did } = scripted({ failing: ['check'] });
  await expect(runCutover(cutover, false)).rejects.toThrow('check fails');
  expect(did).toEqual([]);
});

interface Script {
  standing?: Partial<Standing>;
  plan?: CutoverPlan;
  /** What the gates say, in order; then they pass. */
  gates?: Decision[];
  missing?: string;
  failing?: string[];
  /** The shift to this share does not arrive. */
  strayAt?: number;
  abortAt?: string;
}

/** A cutover whose work notes that it was asked for. */
function scripted({
  standing = {},
  plan = { steps: [10, 50, 100], promoteAfter: 50 },
  gates = [],
  missing,
  failing = [],
  strayAt,
  abortAt,
}: Script) {
  const did: string[] = [];
  const journal: string[] = [];
  const controller = new AbortController();
  let now: Standing = { ...BEGINNING, ...standing };
  const work = async (name: string) => {
    did.push(name);
    if (name === abortAt) controller.abort();
    if (failing.includes(name)) throw new Error(`${name} fails`);
    return { outcome: name };
  };
  const left = [...gates];
  const cutoverWork: CutoverWork = {
    look: async () => now,
    check: async () => {
      if (failing.includes('check')) throw new Error('check fails');
    },
    assess: () => work('assess'),
    backUp: () => work('backUp'),
    migrate: () => {
      now = { ...now, isLinked: true };
      return work('migrate');
    },
    startFollow: () => work('startFollow'),
    verify: () => work('verify'),
    warm: () => work('warm'),
    untilReady: async (stacks) => {
      await work(`ready ${stacks.join(' ')}`);
      return missing ?? null;
    },
    shift: async (percent) => {
      const done = await work(`shift ${percent}`);
      if (percent === strayAt) throw new CardctlError('rolled-back', 'requests stray');
      return done;
    },
    measure: async ({ percent }) => {
      await work(`measure ${percent}`);
      return left.shift() ?? decision('pass', 'all pass');
    },
    switchTo: async (store) => ({
      ...(await work(`switchTo ${store}`)),
      epoch: 1,
      isFollowed: true,
    }),
  };
  const cutover: Cutover = {
    plan,
    work: cutoverWork,
    journal: {
      stepStarted: (name) => void journal.push(`started ${name}`),
      stepDone: (name) => void journal.push(`done ${name}`),
      stepFailed: (name) => void journal.push(`failed ${name}`),
    },
    standing: now,
    facts: undefined,
    held: null,
    report: () => undefined,
    clock: systemClock,
    signal: controller.signal,
  };
  return { cutover, did, journal };
}

function decision(verdict: Decision['verdict'], reason: string): Decision {
  const gate = { gate: 'error-rate', verdict, reason, value: 1, limit: 0.1, unit: 'share' };
  return { verdict, reason, verdicts: [{ ...gate, samples: 9 }], seconds: 1 };
}
