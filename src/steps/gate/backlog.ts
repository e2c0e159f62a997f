import { judgeGauge } from './gauge.js';
import type { Verdict } from './verdict.js';

/** What Telegram says of the webhook. */
export interface WebhookReading {
  /** Updates that wait to be delivered. */
  pendingUpdates: number;
  /** The last update that could not be delivered, if there ever was one. */
  lastError: { atMs: number; message: string } | null;
  /** When it said so, Unix ms. */
  atMs: number;
}

/** An error counts for as long as this: Telegram remembers the last one for ever. */
const ERROR_MS = 10_000;

/** Whether Telegram gets rid of its updates: few wait, no more than before, and none was refused. */
export function judgeBacklog(readings: readonly (WebhookReading | null)[], limit: number): Verdict {
  const pending = readings.map((reading) => reading?.pendingUpdates ?? null);
  const judged = judgeGauge(pending, limit, { what: 'updates waiting at Telegram:', unit: '' });
  const verdict: Verdict = { gate: 'backlog', limit, unit: 'updates', ...judged };
  const now = readings.at(-1) ?? null;
  const error = now?.lastError;
  if (verdict.verdict !== 'pass' || !now || !error) return verdict;
  const agoMs = now.atMs - error.atMs;
  if (agoMs > ERROR_MS) return verdict;
  const agoS = Math.max(0, Math.round(agoMs / 1_000));
  const reason = `${verdict.reason}, but ${agoS} s ago it could not deliver one: ${error.message}`;
  return { ...verdict, verdict: 'hold', reason };
}
