import { expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.js';
import type { ReportEvent } from '../../../src/lib/report.js';
import type { GateSources } from '../../../src/steps/gate/look.js';
import { type GateOptions, measureGate } from '../../../src/steps/gate/measure.js';
import type { Sample, Scrape } from '../../../src/steps/gate/sources/sample.js';

const LIMITS = {
  errorRate: 0.01,
  p99Ms: 500,
  lagMs: 1_000,
  pendingUpdates: 100,
  updateAgeS: 10,
  hitRate: 0.7,
  samplesMin: 300,
};

const NOTHING: GateSources = { metrics: null, webhook: null, edge: null, lag: null, parity: null };

/** What a bot would count after so many updates, all fast and young, and so many errors. */
function counted(updates: number, errors = 0): Sample[] {
  const all = updates + errors;
  const sample = (name: string, labels: Record<string, string>, value: number) => ({
    name,
    labels: { stack: 'fleet', ...labels },
    value,
  });
  return [
    sample('cardbot_updates_total', { outcome: 'applied' }, updates),
    sample('cardbot_updates_total', { outcome: 'failed' }, errors),
    sample('cardbot_update_seconds_bucket', { le: '0.5' }, all),
    sample('cardbot_update_seconds_bucket', { le: '+Inf' }, all),
    sample('cardbot_update_age_seconds_bucket', { le: '10' }, all),
    sample('cardbot_update_age_seconds_bucket', { le: '+Inf' }, all),
    sample('cardbot_cache_requests_total', { result: 'hit' }, all),
  ];
}

function scrape(samples: Sample[], problems: string[] = []): Scrape {
  return { instances: new Map([['fleet-1', samples]]), problems };
}

/** Gives one after the other, and the last one for ever. */
function inOrder<Value>(...values: Value[]) {
  let next = 0;
  return async () => values[Math.min(next++, values.length - 1)] as Value;
}

function watch(sources: Partial<GateSources>, options: Partial<GateOptions> = {}) {
  const events: ReportEvent[] = [];
  const controller = new AbortController();
  const report = (event: ReportEvent) => void events.push(event);
  const measured = measureGate(
    {
      sources: { ...NOTHING, ...sources },
      limits: LIMITS,
      stack: 'fleet',
      holdSeconds: 10,
      pollMs: 1,
      ...options,
    },
    { report, clock: systemClock, signal: controller.signal },
  );
  return { measured, events, controller };
}

it('passes as soon as all gates do, with the first reading and the last', async () => {
  const metrics = inOrder(scrape(counted(5_000)), scrape(counted(5_200)), scrape(counted(5_400)));
  const parity = async () => ({ differences: 0, rows: 9 });
  const { measured } = watch({ metrics, parity, lag: async () => ({ lagMs: 5, ageMs: 1 }) });
  const { verdict, reason, looks, first, last, verdicts } = await measured;
  expect({ verdict, reason, looks }).toEqual({
    verdict: 'pass',
    reason: 'all 6 gates pass',
    looks: 3,
  });
  expect(verdicts.map(({ gate, value, samples }) => [gate, value, samples])).toEqual([
    ['error-rate', 0, 400],
    ['latency', 495, 400],
    ['update-age', 10, 400],
    ['hit-rate', 1, 400],
    ['lag', 6, 3],
    ['parity', 0, 9],
  ]);
  expect(first).toMatchObject({ errors: { hits: 0, of: 5_000 }, lag: { lagMs: 5, ageMs: 1 } });
  expect(last).toMatchObject({ errors: { hits: 0, of: 5_400 }, problems: [] });
});

it('fails as soon as one gate does, whatever the others wait for', async () => {
  const parity = inOrder(null, { differences: 2, rows: 9 });
  const { measured, events } = watch({ metrics: async () => scrape([]), parity });
  expect(await measured).toMatchObject({
    verdict: 'fail',
    reason: 'parity: differences 2 in 9 rows compared',
    looks: 2,
  });
  expect(events.at(-1)).toEqual({
    type: 'note',
    level: 'warning',
    message: 'gate parity: fail: differences 2 in 9 rows compared',
  });
});

it('errors that were counted before the gate began are none of it', async () => {
  const before = counted(5_000, 400);
  const { measured } = watch({ metrics: inOrder(scrape(before), scrape(counted(5_500, 400))) });
  expect(await measured).toMatchObject({ verdict: 'pass', last: { errors: { hits: 400 } } });
});

it('errors since it began fail it, with their numbers', async () => {
  const { measured } = watch({ metrics: inOrder(scrape(counted(0)), scrape(counted(50, 50))) });
  expect(await measured).toMatchObject({
    verdict: 'fail',
    verdicts: [{ gate: 'error-rate', verdict: 'fail', value: 0.5, samples: 100 }, {}, {}, {}],
  });
});

it('holds when the time is over, with what is missing', async () => {
  const { measured } = watch({ metrics: inOrder(scrape(counted(5)), scrape(counted(7))) }, SHORT);
  const { verdict, reason } = await measured;
  expect(verdict).toBe('hold');
  expect(reason).toContain(
    'error-rate: errors 0 of 2: at 95% less than 77.6%, limit 1%: too few to tell, 300 are needed',
  );
});

it('one bot that does not answer holds what the others would pass', async () => {
  const problems = ['fleet-2: no answer within 2000 ms'];
  const metrics = inOrder(scrape(counted(0)), scrape(counted(5_000), problems));
  const { measured } = watch({ metrics }, SHORT);
  const { verdict, verdicts, last } = await measured;
  expect(verdict).toBe('hold');
  for (const { reason } of verdicts) {
    expect(reason).toBe('not all is known: fleet-2: no answer within 2000 ms');
  }
  expect(last.problems).toEqual(problems);
});

it('one bot that does not answer does not hide the errors of the others', async () => {
  const metrics = inOrder(scrape(counted(0)), scrape(counted(50, 50), ['fleet-2: down']));
  expect((await watch({ metrics }).measured).verdict).toBe('fail');
});

it('a bot that could not be read at first is counted from when it could', async () => {
  const none: Scrape = { instances: new Map(), problems: ['fleet-1: down'] };
  const metrics = inOrder(none, scrape(counted(0, 900)), scrape(counted(500, 900)));
  expect(await watch({ metrics }).measured).toMatchObject({ verdict: 'pass', looks: 3 });
});

it('a source that throws holds its own gates, and only those', async () => {
  const { measured } = watch(
    {
      parity: async () => ({ differences: 0, rows: 1 }),
      lag: async () => {
        throw new Error('the follower is away');
      },
    },
    SHORT,
  );
  expect(await measured).toMatchObject({
    verdict: 'hold',
    reason: 'lag: not all is known: lag: the follower is away',
    verdicts: [
      { gate: 'lag', verdict: 'hold' },
      { gate: 'parity', verdict: 'pass' },
    ],
  });
});

it('without any source nothing passes', async () => {
  expect(await watch({}, SHORT).measured).toMatchObject({
    verdict: 'hold',
    reason: 'there is nothing to judge by',
    verdicts: [],
  });
});

it('without a limit for the hit rate there is no gate for it', async () => {
  const { measured } = watch(
    { metrics: async () => scrape(counted(0)) },
    { ...SHORT, limits: { ...LIMITS, hitRate: null } },
  );
  expect((await measured).verdicts.map(({ gate }) => gate)).toEqual([
    'error-rate',
    'latency',
    'update-age',
  ]);
});

it('each verdict is told once, and again when it changes', async () => {
  const lag = inOrder(...[5, 5, 2_000, 2_000, 5].map((lagMs) => ({ lagMs, ageMs: 0 })));
  const parity = inOrder(null, null, null, null, { differences: 0, rows: 9 });
  const { measured, events } = watch({ lag, parity });
  expect((await measured).verdict).toBe('pass');
  expect(
    events.map((event) => event.type === 'note' && event.message.split(':', 2).join()),
  ).toEqual([
    'gate lag, hold',
    'gate parity, hold',
    'gate lag, pass',
    'gate lag, hold',
    'gate lag, pass',
    'gate parity, pass',
  ]);
});

it('an abort is no verdict, while waiting and while asking', async () => {
  const interrupted = { code: 'interrupted' };
  const waiting = watch({ parity: async () => null }, { pollMs: 60_000 });
  setTimeout(() => waiting.controller.abort(), 20);
  await expect(waiting.measured).rejects.toMatchObject(interrupted);
  // It heeds no signal and never answers; what another one says meanwhile decides nothing.
  const asking = watch({
    lag: () => new Promise(() => undefined),
    parity: async () => ({ differences: 1, rows: 9 }),
  });
  setTimeout(() => asking.controller.abort(), 20);
  await expect(asking.measured).rejects.toMatchObject(interrupted);
});

it('what Nginx answered for dead bots is an error of both stacks', async () => {
  const server = (name: string, stack: 'legacy' | 'fleet', address: string) => ({
    server: { name, stack, address },
    weight: 1,
    sharePercent: 50,
    deviationPoints: 0,
  });
  const shares = {
    servers: [server('legacy-1', 'legacy', '10.0.1.5:1'), server('fleet-1', 'fleet', '10.0.1.6:1')],
    fleetPercent: 50,
    deviationPoints: 0,
  };
  const read = async () => ({
    servers: new Map([
      ['10.0.1.5:1', { requests: 1_000, failures: 90 }],
      ['10.0.1.6:1', { requests: 1_000, failures: 2 }],
    ]),
    unserved: 1,
    requests: 2_001,
  });
  const edge = { read, shares };
  const fleet = await watch({ edge }, SHORT).measured;
  expect(fleet.verdicts).toMatchObject([
    { gate: 'edge-error-rate', verdict: 'pass', value: 3 / 1_001, samples: 1_001 },
    { gate: 'share', verdict: 'pass', value: (100 * 1_000) / 2_001, samples: 2_001 },
  ]);
  expect(fleet.last.unserved).toEqual({ hits: 1, of: 2_001 });
  const legacy = await watch({ edge }, { ...SHORT, stack: 'legacy' }).measured;
  expect(legacy.verdicts[0]).toMatchObject({ verdict: 'fail', value: 91 / 1_001, samples: 1_001 });
});

const SHORT = { holdSeconds: 0.03, pollMs: 5 };
