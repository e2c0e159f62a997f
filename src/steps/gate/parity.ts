import { count } from './figures.js';
import { notKnown, type Verdict } from './verdict.js';

/** What the last verify found. */
export interface ParityReading {
  differences: number;
  /** Rows that were compared. */
  rows: number;
}

/** Whether both databases are equal. One value that differs fails. */
export function judgeParity(verified: ParityReading | null): Verdict {
  const base = { gate: 'parity', limit: 0, unit: 'differences' };
  if (verified === null || !(verified.differences >= 0) || !(verified.rows >= 0)) {
    return notKnown(base, 'whether the databases are equal is');
  }
  const { differences: value, rows: samples } = verified;
  const reason = `differences ${count(value)} in ${count(samples)} rows compared`;
  if (value > 0) return { ...base, verdict: 'fail', reason, value, samples };
  const verdict = samples > 0 ? 'pass' : 'hold';
  return { ...base, verdict, reason, value, samples };
}
