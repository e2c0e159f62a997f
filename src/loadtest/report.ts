import type { BotApi } from './bot-api.js';
import type { CompleteOptions } from './options.js';
import { sum, type Tally } from './tally.js';
import { judge, type LoadVerdict } from './verdict.js';

/** Why no more updates were made. */
export type EndedBy = 'duration' | 'abort' | 'backlog';

/** What a load test found. Milliseconds, unless the name says otherwise. */
export interface LoadReport {
  version: 1;
  endedBy: EndedBy;
  seed: number;
  /** While updates were due, and then until none was outstanding or the wait was over. */
  seconds: number;
  drainSeconds: number;
  updates: {
    due: number;
    /** Posted at least once. */
    sent: number;
    acknowledged: number;
    writesSent: number;
    writesAcknowledged: number;
    /** Not acknowledged when the run ended; their age counts as latency. */
    unfinished: number;
    /** Of those: undelivered for 24 h. */
    givenUp: number;
  };
  ratePerSecond: { wanted: number; due: number; acknowledged: number };
  /** From the intended start to the acknowledgement, so that waiting in a queue counts. */
  latencyMs: { p50: number; p95: number; p99: number; p999: number; max: number };
  errors: { total: number; byKind: Record<string, number> };
  retries: number;
  /** Acknowledged more than 5 s after the intended start. */
  late: number;
  /** Presses that the bot answered after 15 s or not at all. */
  callbackAnswersLate: number;
  /** Replies that came twice for one update; see `replies.ts`. */
  duplicateReplies: number;
  /** Share of the acknowledgements by `x-cardctl-stack`, 0 to 1; empty without that header. */
  stackShares: Record<string, number>;
  /** 0 to 1; null when no bot told. */
  cacheHitRate: number | null;
  botApi: { calls: Record<string, number>; refused: Record<string, number> };
  /** Whether the tool itself kept up. */
  generator: {
    /** From an intended start to when the tool came to it. */
    behindMs: { p99: number; max: number };
    /** CPU time of this whole process, in seconds, for 1,000 acknowledged updates. */
    cpuSecondsPer1000: number;
  };
  verdict: LoadVerdict;
}

/** What `makeReport` puts together. */
export interface Findings {
  endedBy: EndedBy;
  options: CompleteOptions;
  seconds: number;
  drainSeconds: number;
  cpuSeconds: number;
  tally: Tally;
  retries: number;
  unfinished: number;
  duplicateReplies: number;
  callbackAnswersLate: number;
  cacheHitRate: number | null;
  botApi: BotApi;
}

export function makeReport(findings: Findings): LoadReport {
  const { options, tally, seconds, drainSeconds, botApi } = findings;
  const { latencies, behind, due, sent, acknowledged, writesSent, writesAcknowledged, givenUp } =
    tally;
  const { unfinished, duplicateReplies, callbackAnswersLate, cacheHitRate } = findings;
  const errors = sum(tally.errors);
  const latencyMs = {
    p50: latencies.percentileMs(50),
    p95: latencies.percentileMs(95),
    p99: latencies.percentileMs(99),
    p999: latencies.percentileMs(99.9),
    max: latencies.maxMs(),
  };
  const judged = {
    acknowledged,
    p99Ms: latencyMs.p99,
    errors,
    late: tally.late,
    unfinished,
    duplicateReplies,
    callbackAnswersLate,
    cacheHitRate,
  };
  return {
    version: 1,
    endedBy: findings.endedBy,
    seed: options.seed,
    seconds,
    drainSeconds,
    updates: { due, sent, acknowledged, writesSent, writesAcknowledged, unfinished, givenUp },
    ratePerSecond: {
      wanted: options.ratePerSecond,
      due: perSecond(due, seconds),
      acknowledged: perSecond(acknowledged, seconds + drainSeconds),
    },
    latencyMs,
    errors: { total: errors, byKind: Object.fromEntries(tally.errors) },
    retries: findings.retries,
    late: tally.late,
    callbackAnswersLate,
    duplicateReplies,
    stackShares: sharesOf(tally.stacks),
    cacheHitRate,
    botApi: {
      calls: Object.fromEntries(botApi.calls),
      refused: Object.fromEntries(botApi.refused),
    },
    generator: {
      behindMs: { p99: behind.percentileMs(99), max: behind.maxMs() },
      cpuSecondsPer1000: acknowledged === 0 ? 0 : (findings.cpuSeconds / acknowledged) * 1_000,
    },
    verdict: judge(judged, options.thresholds),
  };
}

function perSecond(count: number, seconds: number): number {
  return seconds === 0 ? 0 : count / seconds;
}

function sharesOf(counts: ReadonlyMap<string, number>): Record<string, number> {
  const total = sum(counts);
  return Object.fromEntries([...counts].map(([name, count]) => [name, count / total]));
}
