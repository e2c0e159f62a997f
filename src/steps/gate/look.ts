import type { EdgeServer } from '../../edge/config.js';
import type { Observed } from '../../edge/observed-share.js';
import type { Shares } from '../../edge/weights.js';
import type { WebhookReading } from './backlog.js';
import type { LagReading } from './lag.js';
import type { ParityReading } from './parity.js';
import { reasonOf } from './sources/reason.js';
import type { Scrape } from './sources/sample.js';
import { within } from './sources/within.js';

/**
 * Where the numbers come from. Null is a source that is knowingly not asked, whose gates are not
 * judged. One that fails holds its gates.
 */
export interface GateSources {
  /** `scrapeBots`, or `queryPrometheus`. */
  metrics: ((signal: AbortSignal) => Promise<Scrape>) | null;
  /** `readWebhookInfo`. */
  webhook: ((signal: AbortSignal) => Promise<WebhookReading>) | null;
  edge: {
    /** `watchAccessLog`. */
    read: () => Promise<Observed>;
    /** What Nginx was told. */
    shares: Shares<EdgeServer>;
  } | null;
  /** `readFollowLag`; null as long as the follower has said nothing. */
  lag: ((signal: AbortSignal) => Promise<LagReading | null>) | null;
  /** Null as long as no verify has ended. */
  parity: ((signal: AbortSignal) => Promise<ParityReading | null>) | null;
}

/** What all sources say at about one moment. */
export interface Look {
  metrics: Answer<Scrape>;
  webhook: Answer<WebhookReading>;
  edge: Answer<Observed>;
  lag: Answer<LagReading>;
  parity: Answer<ParityReading>;
}

export interface Answer<Value> {
  value: Value | null;
  /** What is not known, and why: a clause each. */
  problems: string[];
}

/** For any one source. A slow one holds its gates, and never the others. */
const ANSWER_MS_MAX = 10_000;

/** Asks all sources at once. Never throws: what is not known is part of the look. */
export async function lookAt(sources: GateSources, signal: AbortSignal): Promise<Look> {
  const { metrics, webhook, edge, lag, parity } = sources;
  const ask = <Value>(
    name: string,
    source: ((signal: AbortSignal) => Promise<Value | null>) | null,
  ): Promise<Answer<Value>> => askOne(name, source, signal);
  const [scraped, ...rest] = await Promise.all([
    ask('metrics', metrics),
    ask('Telegram', webhook),
    ask('access log', edge?.read ?? null),
    ask('lag', lag),
    ask('verify', parity),
  ]);
  return {
    metrics: { ...scraped, problems: [...scraped.problems, ...(scraped.value?.problems ?? [])] },
    webhook: rest[0],
    edge: rest[1],
    lag: rest[2],
    parity: rest[3],
  };
}

async function askOne<Value>(
  name: string,
  source: ((signal: AbortSignal) => Promise<Value | null>) | null,
  signal: AbortSignal,
): Promise<Answer<Value>> {
  if (source === null) return { value: null, problems: [] };
  try {
    return { value: await within(ANSWER_MS_MAX, signal, source), problems: [] };
  } catch (error) {
    return { value: null, problems: [`${name}: ${reasonOf(error)}`] };
  }
}
