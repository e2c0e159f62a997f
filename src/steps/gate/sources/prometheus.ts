import { z } from 'zod';
import type { Stack } from '../../../edge/config.js';
import { getText } from './get-text.js';
import { reasonOf } from './reason.js';
import { METRICS, type Sample, type Scrape } from './sample.js';
import { numberIn } from './text-format.js';
import { within } from './within.js';

export interface PrometheusSource {
  /** Of the server, e.g. `http://10.0.1.50:9090` or `https://metrics.example.org/prometheus`. */
  url: string;
  token: string | undefined;
  stack: Stack;
  /** How many bots of the stack there are: it forgets one that it cannot reach. */
  bots: number;
  /** Default: 5,000. */
  timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 5_000;

/**
 * Asks Prometheus for what the bots of a stack count now, as it last saw it. The counters are asked
 * for as they are, without `increase()`: that extrapolates to times at which nothing was seen.
 */
export async function queryPrometheus(
  source: PrometheusSource,
  signal: AbortSignal,
): Promise<Scrape> {
  const instances = new Map<string, Sample[]>();
  const { bots, stack } = source;
  try {
    for (const { instance, sample } of await query(source, signal)) {
      const samples = instances.get(instance);
      if (samples === undefined) instances.set(instance, [sample]);
      else samples.push(sample);
    }
  } catch (error) {
    return { instances: new Map(), problems: [`Prometheus: ${reasonOf(error)}`] };
  }
  // More of them would be the same ones, counted twice.
  const isComplete = instances.size === bots;
  const other = `Prometheus: it knows ${instances.size} ${stack} bots, and there are ${bots}`;
  return { instances, problems: isComplete ? [] : [other] };
}

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});

async function query(
  { url, token, stack, timeoutMs = TIMEOUT_MS }: PrometheusSource,
  signal: AbortSignal,
): Promise<{ instance: string; sample: Sample }[]> {
  const target = new URL(`${url.replace(/\/+$/, '')}/api/v1/query`);
  const names = Object.values(METRICS).join('|');
  target.searchParams.set('query', `{__name__=~"${names}",stack="${stack}"}`);
  target.searchParams.set('timeout', `${timeoutMs}ms`);
  const text = await within(timeoutMs, signal, (ended) =>
    getText(target, { bearer: token, signal: ended }),
  );
  const answer = answerSchema.safeParse(parseJson(text));
  if (!answer.success) throw new Error('answered with something that is no result of a query');
  return answer.data.data.result.map(({ metric, value }) => {
    const { __name__: name = '', job = '', instance = '', ...labels } = metric;
    const sample = { name, labels, value: numberIn(value[1]) ?? Number.NaN };
    return { instance: `${job} ${instance}`, sample };
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
