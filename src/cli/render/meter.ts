import type { Clock } from '../../lib/clock.js';
import type { ProgressEvent } from '../../lib/report.js';
import { formatBytes, formatCount, formatRate, formatTimeLeft } from './format.js';

/** Rates follow a change within about this long, milliseconds. */
const SMOOTHING_MS = 3_000;
/** Events closer together than this are taken as one, milliseconds. */
const SAMPLE_MS_MIN = 200;

/** How fast one task goes, and how long it will take. */
export class Meter {
  readonly #clock: Clock;
  #latest: ProgressEvent;
  #sampled: { atMs: number; done: number; bytes: number };
  #perSecond: number | undefined;
  #bytesPerSecond: number | undefined;

  constructor(clock: Clock, first: ProgressEvent) {
    this.#clock = clock;
    this.#latest = first;
    this.#sampled = { atMs: clock.monotonicMs(), done: first.done, bytes: first.bytes ?? 0 };
  }

  get latest(): ProgressEvent {
    return this.#latest;
  }

  get isComplete(): boolean {
    return this.#latest.done >= this.#latest.total;
  }

  add(event: ProgressEvent): void {
    this.#latest = event;
    const atMs = this.#clock.monotonicMs();
    const elapsedMs = atMs - this.#sampled.atMs;
    if (elapsedMs < SAMPLE_MS_MIN) return;
    const bytes = event.bytes ?? 0;
    const rateOf = (moved: number) => (Math.max(0, moved) * 1_000) / elapsedMs;
    this.#perSecond = smoothed(this.#perSecond, rateOf(event.done - this.#sampled.done), elapsedMs);
    this.#bytesPerSecond = smoothed(
      this.#bytesPerSecond,
      rateOf(bytes - this.#sampled.bytes),
      elapsedMs,
    );
    this.#sampled = { atMs, done: event.done, bytes };
  }

  /** `120,000 of 200,000 rows` */
  amount(): string {
    const { done, total, unit } = this.#latest;
    if (unit === 'bytes') return `${formatBytes(done)} of ${formatBytes(total)}`;
    return `${formatCount(done)} of ${formatCount(total)} ${unit}`;
  }

  /** `52,300 rows/s, 4.1 MB/s, 2 s left`, as far as known. */
  speed(): string {
    const { unit, done, total } = this.#latest;
    if (this.#perSecond === undefined) return '';
    const parts = [formatRate(this.#perSecond, unit)];
    if (unit !== 'bytes' && this.#bytesPerSecond !== undefined && this.#bytesPerSecond > 0) {
      parts.push(formatRate(this.#bytesPerSecond, 'bytes'));
    }
    if (!this.isComplete) parts.push(`${formatTimeLeft((total - done) / this.#perSecond)} left`);
    return parts.join(', ');
  }
}

/** An exponential mean that forgets by time, not by number of events. */
function smoothed(previous: number | undefined, next: number, elapsedMs: number): number {
  if (previous === undefined) return next;
  const weight = 1 - Math.exp(-elapsedMs / SMOOTHING_MS);
  return previous + weight * (next - previous);
}
