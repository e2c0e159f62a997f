import type { Clock } from '../../lib/clock.js';
import type {
  NoteEvent,
  PlayEvent,
  ProgressEvent,
  ReportEvent,
  StepEvent,
} from '../../lib/report.js';
import { formatSeconds } from './format.js';
import { lookLine } from './look.js';
import { Meter } from './meter.js';
import type { Renderer } from './renderer.js';

/** Least time between two reports of progress, milliseconds. */
const PROGRESS_MS_MIN = 2_000;

/** The same between two looks at gates: they are watched for minutes, milliseconds. */
const LOOK_MS_MIN = 10_000;

/** Plain lines: for logs, pipes and `--plain`. */
export function plainRenderer(print: (line: string) => void, clock: Clock): Renderer {
  const progress = new PlainProgress(print, clock);
  let nextLookMs = Number.NEGATIVE_INFINITY;
  return {
    report: (event: ReportEvent) => {
      if (event.type === 'progress') {
        progress.add(event);
      } else if (event.type === 'look') {
        const nowMs = clock.monotonicMs();
        if (nowMs < nextLookMs) return;
        nextLookMs = nowMs + LOOK_MS_MIN;
        print(lookLine(event));
      } else if (event.type === 'step') {
        if (event.state !== 'started') progress.endOf(event.step);
        print(stepLine(event));
      } else {
        print(event.type === 'play' ? playLine(event) : noteLine(event));
      }
    },
    close: async () => undefined,
  };
}

/** `copy: done in 12.3 s: 4,712,003 rows` */
export function stepLine({ step, state, seconds, detail }: StepEvent): string {
  const time =
    seconds === undefined || state === 'skipped'
      ? ''
      : ` ${TIME_WORD[state]} ${formatSeconds(seconds)}`;
  return `${step}: ${state}${time}${detailText(detail)}`;
}

/** Only its first line: the error itself is printed when the command ends. */
export function detailText(detail: string | undefined): string {
  const first = detail?.split('\n')[0] ?? '';
  return first === '' ? '' : `: ${first}`;
}

const TIME_WORD = { started: 'after', done: 'in', failed: 'after' };

export function noteLine({ level, message }: NoteEvent): string {
  return level === 'warning' ? `warning: ${message}` : message;
}

/** `load 12 s: 200 updates/s, p99 8.1 ms, 0 errors, 3 waiting` */
export function playLine(event: PlayEvent): string {
  const { phase, elapsedSeconds, acknowledgedPerSecond, p99Ms, errors, backlog } = event;
  return `${phase} ${elapsedSeconds.toFixed(0)} s: ${acknowledgedPerSecond.toFixed(0)} updates/s, p99 ${p99Ms.toFixed(1)} ms, ${errors} errors, ${backlog} waiting`;
}

/** Reports the tasks in flight every now and then. */
class PlainProgress {
  readonly #meters = new Map<string, Meter>();
  readonly #changed = new Set<string>();
  #printedMs: number | undefined;

  constructor(
    private readonly print: (line: string) => void,
    private readonly clock: Clock,
  ) {}

  add(event: ProgressEvent): void {
    this.#printedMs ??= this.clock.monotonicMs();
    const key = JSON.stringify([event.step, event.task]);
    const meter = this.#meters.get(key);
    if (meter === undefined) this.#meters.set(key, new Meter(this.clock, event));
    else meter.add(event);
    this.#changed.add(key);
    if (this.clock.monotonicMs() - this.#printedMs >= PROGRESS_MS_MIN) this.#printAll();
  }

  /** Forgets the tasks of a step that has ended. */
  endOf(step: string): void {
    for (const [key, meter] of this.#meters) {
      if (meter.latest.step !== step) continue;
      this.#meters.delete(key);
      this.#changed.delete(key);
    }
    if (this.#meters.size === 0) this.#printedMs = undefined;
  }

  #printAll(): void {
    for (const key of this.#changed) {
      const meter = this.#meters.get(key);
      if (meter !== undefined) this.print(progressLine(meter));
      if (meter?.isComplete) this.#meters.delete(key);
    }
    this.#changed.clear();
    this.#printedMs = this.clock.monotonicMs();
  }
}

function progressLine(meter: Meter): string {
  const { step, task } = meter.latest;
  return [`${step}: ${task}: ${meter.amount()}`, meter.speed()].filter(Boolean).join(', ');
}
