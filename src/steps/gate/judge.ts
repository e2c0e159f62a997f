import type { EdgeServer, Stack } from '../../edge/config.js';
import type { Observed } from '../../edge/observed-share.js';
import type { Shares } from '../../edge/weights.js';
import { judgeBacklog, type WebhookReading } from './backlog.js';
import { judgeErrorRate } from './error-rate.js';
import { judgeHitRate } from './hit-rate.js';
import { judgeLag, type LagReading } from './lag.js';
import { judgeLatency } from './latency.js';
import type { GateLimits } from './limits.js';
import type { GateSources, Look } from './look.js';
import { judgeParity } from './parity.js';
import type { Counted } from './proportion.js';
import { judgeTraffic } from './share.js';
import { type Increase, increasedBy, noIncrease } from './sources/increase.js';
import type { Scrape } from './sources/sample.js';
import { totalsOf } from './sources/totals.js';
import { judgeUpdateAge } from './update-age.js';
import { allowingFor, type Verdict } from './verdict.js';

/** What was seen since the gate began. */
export interface Seen {
  last: Look;
  /** Null as long as no metrics were read. */
  increase: Increase | null;
  webhooks: readonly (WebhookReading | null)[];
  lags: readonly (LagReading | null)[];
}

export interface Measure {
  sources: GateSources;
  limits: GateLimits;
  /** Whose bots are judged. */
  stack: Stack;
  /** How often the gate looks in all. */
  looks: number;
}

export function seenWith(before: Seen | null, look: Look): Seen {
  const scrape = look.metrics.value;
  return {
    last: look,
    increase: scrape === null ? (before?.increase ?? null) : increaseWith(before, scrape),
    webhooks: [...(before?.webhooks ?? []), look.webhook.value],
    lags: [...(before?.lags ?? []), look.lag.value],
  };
}

function increaseWith(before: Seen | null, scrape: Scrape): Increase {
  return before?.increase ? increasedBy(before.increase, scrape) : noIncrease(scrape);
}

/** The verdict of each gate that has a source. */
export function judgeAll(seen: Seen, measure: Measure): Verdict[] {
  const { sources, limits } = measure;
  const { last, webhooks, lags } = seen;
  const from = (name: keyof GateSources, judge: () => Verdict[]): Verdict[] => {
    if (sources[name] === null) return [];
    return judge().map((verdict) => allowingFor(last[name].problems, verdict));
  };
  return [
    ...from('metrics', () => ofMetrics(seen, measure)),
    ...from('edge', () => ofEdge(last.edge.value, measure)),
    ...from('webhook', () => [judgeBacklog(webhooks, limits.pendingUpdates)]),
    ...from('lag', () => [judgeLag(lags, limits.lagMs)]),
    ...from('parity', () => [judgeParity(last.parity.value)]),
  ];
}

function ofMetrics({ increase }: Seen, { limits, looks }: Measure): Verdict[] {
  const totals = increase && totalsOf([...increase.rises.values()]);
  const { hitRate } = limits;
  const verdicts = [
    judgeErrorRate('error-rate', totals?.errors ?? null, limits, looks),
    judgeLatency(totals?.updateSeconds ?? null, limits, looks),
    judgeUpdateAge(totals?.updateAgeSeconds ?? null, limits, looks),
  ];
  if (hitRate === null) return verdicts;
  return [...verdicts, judgeHitRate(totals?.cacheHits ?? null, { ...limits, hitRate })];
}

function ofEdge(observed: Observed | null, { sources, limits, looks, stack }: Measure): Verdict[] {
  if (sources.edge === null) return [];
  const { shares } = sources.edge;
  const answered = observed && answeredBy(observed, shares, stack);
  return [
    judgeErrorRate('edge-error-rate', answered, limits, looks),
    judgeTraffic(observed, shares),
  ];
}

/** What no server could take counts for each stack: nobody knows whose it was. */
function answeredBy(
  { servers, unserved }: Observed,
  shares: Shares<EdgeServer>,
  wanted: Stack,
): Counted {
  let [hits, of] = [unserved, unserved];
  for (const { server } of shares.servers) {
    const counted = server.stack === wanted ? servers.get(server.address) : undefined;
    hits += counted?.failures ?? 0;
    of += counted?.requests ?? 0;
  }
  return { hits, of };
}
