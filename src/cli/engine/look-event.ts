import type { LookEvent } from '../../lib/report.js';
import type { GateReading } from '../../steps/gate/measure.js';
import type { Verdict } from '../../steps/gate/verdict.js';
import type { StoreKind } from '../../sync/authority.js';

export interface Where {
  step: string;
  percent: number;
  authority: StoreKind;
  epoch: number;
}

/**
 * What was seen, put together for whoever watches.
 *
 * @param before the reading before this one; null for the first
 */
export function lookEvent(
  { step, percent, authority, epoch }: Where,
  reading: GateReading,
  verdicts: readonly Verdict[],
  before: GateReading | null,
): LookEvent {
  const of = (gate: string) => verdicts.find((verdict) => verdict.gate === gate);
  const errors = of('error-rate');
  return {
    type: 'look',
    step,
    percentWanted: percent,
    percentSeen: of('share')?.value ?? null,
    requestsPerSecond: rateBetween(before, reading),
    errors: counted(errors),
    p99Ms: of('latency')?.value ?? null,
    lagMs: reading.lag === null ? null : reading.lag.lagMs + reading.lag.ageMs,
    authority,
    epoch,
    gates: verdicts.map(({ gate, verdict, reason }) => ({ gate, verdict, reason })),
  };
}

function counted(errors: Verdict | undefined): LookEvent['errors'] {
  const samples = errors?.samples ?? null;
  if (samples === null) return null;
  return { hits: Math.round((errors?.value ?? 0) * samples), of: samples };
}

function rateBetween(before: GateReading | null, { at, unserved }: GateReading): number | null {
  if (before === null || before.unserved === null || unserved === null) return null;
  const seconds = (at.getTime() - before.at.getTime()) / 1_000;
  return seconds > 0 ? Math.max(0, unserved.of - before.unserved.of) / seconds : null;
}
