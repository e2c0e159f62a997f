import { setTimeout as sleep } from 'node:timers/promises';
import { CardctlError } from '../../lib/errors.js';
import type { Deps } from '../step.js';
import type { WebhookReading } from './backlog.js';
import { judgeAll, type Measure, type Seen, seenWith } from './judge.js';
import type { LagReading } from './lag.js';
import { type Look, lookAt } from './look.js';
import type { ParityReading } from './parity.js';
import type { Counted } from './proportion.js';
import { totalsOf } from './sources/totals.js';
import { type Outcome, overall, summary, type Verdict } from './verdict.js';

export interface GateOptions extends Omit<Measure, 'looks'> {
  /** How long to wait for a decision. */
  holdSeconds: number;
  /** From one look to the next, ms. Default: 1,000. */
  pollMs?: number | undefined;
  /** Told of every look. */
  onLook?: ((reading: GateReading, verdicts: readonly Verdict[]) => void) | undefined;
}

export interface GateReport {
  /** Of all gates together; `hold` when the time is over. */
  verdict: Outcome;
  reason: string;
  verdicts: Verdict[];
  looks: number;
  seconds: number;
  first: GateReading;
  last: GateReading;
}

/** What the sources said at one moment; null is what they did not say. */
export interface GateReading {
  at: Date;
  /** Since the bots started, as far as they still count: a restart begins again. */
  errors: Counted | null;
  cacheHits: Counted | null;
  /** Since the gate began: those that no server could take, of all that Nginx answered. */
  unserved: Counted | null;
  webhook: WebhookReading | null;
  lag: LagReading | null;
  parity: ParityReading | null;
  problems: string[];
}

const POLL_MS = 1_000;

/**
 * Looks at all sources again and again, until one gate fails, all pass, or the time is over. Changes
 * nothing. Each gate's verdict is told when it first comes and whenever it changes.
 *
 * @throws CardctlError `interrupted` when the signal is aborted
 */
export async function measureGate(options: GateOptions, deps: Deps): Promise<GateReport> {
  const { sources, holdSeconds, pollMs = POLL_MS } = options;
  const { clock, signal, report } = deps;
  const measure: Measure = { ...options, looks: Math.floor((holdSeconds * 1_000) / pollMs) + 2 };
  const told = new Map<string, Outcome>();
  const startMs = clock.monotonicMs();
  const endMs = startMs + holdSeconds * 1_000;
  let seen: Seen | null = null;
  let first: GateReading | null = null;
  for (let looks = 1; ; looks++) {
    seen = seenWith(seen, await lookAt(sources, signal));
    if (signal.aborted) throw interrupted();
    const last = readingOf(seen.last, clock.now());
    first ??= last;
    const verdicts = judgeAll(seen, measure);
    options.onLook?.(last, verdicts);
    tellChanges(verdicts, told, report);
    const verdict = overall(verdicts);
    const leftMs = endMs - clock.monotonicMs();
    if (verdict !== 'hold' || leftMs <= 0) {
      const seconds = (clock.monotonicMs() - startMs) / 1_000;
      return { verdict, reason: summary(verdicts), verdicts, looks, seconds, first, last };
    }
    await sleep(Math.min(pollMs, leftMs), undefined, { signal }).catch(() => {
      throw interrupted();
    });
  }
}

function interrupted(): CardctlError {
  return new CardctlError('interrupted', 'stopped while watching the gates; nothing was changed');
}

function tellChanges(
  verdicts: readonly Verdict[],
  told: Map<string, Outcome>,
  report: Deps['report'],
): void {
  for (const { gate, verdict, reason } of verdicts) {
    if (told.get(gate) === verdict) continue;
    told.set(gate, verdict);
    const level = verdict === 'fail' ? 'warning' : 'info';
    report({ type: 'note', level, message: `gate ${gate}: ${verdict}: ${reason}` });
  }
}

/** What the sources said, as far as it is told to others. */
export function readingOf({ metrics, edge, webhook, lag, parity }: Look, at: Date): GateReading {
  const totals = metrics.value && totalsOf([...metrics.value.instances.values()].flat());
  return {
    at,
    errors: totals?.errors ?? null,
    cacheHits: totals?.cacheHits ?? null,
    unserved: edge.value && { hits: edge.value.unserved, of: edge.value.requests },
    webhook: webhook.value,
    lag: lag.value,
    parity: parity.value,
    problems: [metrics, edge, webhook, lag, parity].flatMap(({ problems }) => problems),
  };
}
