import type { RequestListener } from 'node:http';
import { expect, it } from 'vitest';
import { queryPrometheus } from '../../../src/steps/gate/sources/prometheus.js';
import { totalsOf } from '../../../src/steps/gate/sources/totals.js';
import { BROKEN, guarded, serve, TOKEN } from './http.js';

const signal = new AbortController().signal;

function query(url: string, { token = TOKEN, bots = 2 } = {}) {
  return queryPrometheus({ url, token, stack: 'fleet', bots, timeoutMs: 300 }, signal);
}

type Series = [instance: string, name: string, labels: Record<string, string>, value: string];

/** Answers as `/api/v1/query` does, and remembers what it was asked. */
function vector(series: Series[], asked: string[] = []): RequestListener {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://prometheus');
    asked.push(pathname, searchParams.get('query') ?? '');
    const result = series.map(([instance, name, labels, value]) => ({
      metric: { __name__: name, instance, job: 'cardbot', stack: 'fleet', ...labels },
      value: [1_760_171_400.781, value],
    }));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  };
}

const UPDATES = 'cardbot_updates_total';
const SECONDS = 'cardbot_update_seconds_bucket';

it('one query gives the counters of all bots, as the bots themselves would', async () => {
  const asked: string[] = [];
  const url = await serve(
    guarded(
      vector(
        [
          ['10.0.1.10:9443', UPDATES, { kind: 'claim', outcome: 'applied' }, '1e+03'],
          ['10.0.1.10:9443', SECONDS, { outcome: 'applied', le: '1.0' }, '1000'],
          ['10.0.1.10:9443', SECONDS, { outcome: 'applied', le: '+Inf' }, '1000'],
          ['10.0.1.11:9443', UPDATES, { kind: 'claim', outcome: 'failed' }, '7'],
        ],
        asked,
      ),
    ),
  );
  const { instances, problems } = await query(`${url}/prometheus/`);
  expect(problems).toEqual([]);
  expect(asked).toEqual([
    '/prometheus/api/v1/query',
    '{__name__=~"cardbot_updates_total|cardbot_update_seconds_bucket|cardbot_update_age_seconds_bucket|cardbot_cache_requests_total|process_start_time_seconds",stack="fleet"}',
  ]);
  expect([...instances.keys()]).toEqual(['cardbot 10.0.1.10:9443', 'cardbot 10.0.1.11:9443']);
  const totals = totalsOf([...instances.values()].flat());
  expect(totals.errors).toEqual({ hits: 7, of: 1_007 });
  expect(totals.updateSeconds).toEqual(
    new Map([
      [1, 1_000],
      [Infinity, 1_000],
    ]),
  );
});

it('a bot that it does not see, or sees twice, is a problem', async () => {
  const series = (instance: string): Series => [instance, UPDATES, { outcome: 'applied' }, '1'];
  const few = await query(await serve(vector([series('a')])));
  expect(few.problems).toEqual(['Prometheus: it knows 1 fleet bots, and there are 2']);
  const twice = await query(await serve(vector([series('a'), series('b'), series('c')])));
  expect(twice.problems).toEqual(['Prometheus: it knows 3 fleet bots, and there are 2']);
  expect((await query(await serve(vector([])))).problems).toEqual([
    'Prometheus: it knows 0 fleet bots, and there are 2',
  ]);
});

it('what is no number counts as NaN, which passes nothing', async () => {
  const bad: Series[] = [
    ['a', UPDATES, { outcome: 'applied' }, 'NaN'],
    ['b', UPDATES, { outcome: 'applied' }, 'many'],
  ];
  const { instances } = await query(await serve(vector(bad)));
  expect(totalsOf([...instances.values()].flat()).errors.of).toBeNaN();
});

it.each(BROKEN)(
  'a Prometheus that %s gives no numbers, and no token',
  async (_, answer, reason) => {
    const { instances, problems } = await query(await serve(answer));
    expect(instances.size).toBe(0);
    expect(problems).toEqual([expect.stringMatching(reason)]);
    expect(problems[0]).not.toContain(TOKEN);
  },
);

it.each([
  ['<!doctype html>'],
  ['{}'],
  ['{"status":"error","errorType":"bad_data","error":"parse error"}'],
  ['{"status":"success","data":{"resultType":"matrix","result":[]}}'],
  ['{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,2]}]}}'],
])('%s is no result', async (body) => {
  const url = await serve((_request, response) => response.end(body));
  expect((await query(url)).problems).toEqual([
    'Prometheus: answered with something that is no result of a query',
  ]);
});

it('a wrong token is told as one', async () => {
  const url = await serve(guarded(vector([])));
  expect((await query(url, { token: 'wrong-token' })).problems).toEqual([
    'Prometheus: answered 401: the token is not the right one',
  ]);
});
