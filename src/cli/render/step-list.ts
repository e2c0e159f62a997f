import {
  createWritable,
  type DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrTask,
  type ListrTaskWrapper,
  ProcessOutput,
} from 'listr2';
import type { Clock } from '../../lib/clock.js';
import type { LookEvent, ProgressEvent, ReportEvent, StepEvent } from '../../lib/report.js';
import { Bars } from './bars.js';
import { formatSeconds } from './format.js';
import { lookLines } from './look.js';
import { detailText, noteLine, playLine, stepLine } from './plain.js';

type Renderer = typeof DefaultRenderer;
type Task = ListrTask<unknown, Renderer, Renderer>;
type Wrapper = ListrTaskWrapper<unknown, Renderer, Renderer>;

/** Room for listr2's indentation and icon. */
const MARGIN = 6;

/**
 * A listr2 list that grows while it runs. Listr2 wants its tasks beforehand, so the list is a
 * chain: an untitled task waits for the next step to start, and then becomes a list of two, that
 * step and the next untitled task.
 */
export class StepList {
  readonly #stream: NodeJS.WriteStream;
  readonly #clock: Clock;
  readonly #running = new Map<string, RunningStep>();
  readonly #finished: Promise<unknown>;
  readonly #notes = new Queue<string>();
  #next = deferred<Link | null>();

  constructor(stream: NodeJS.WriteStream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    const list = new Listr<unknown, Renderer, Renderer>([this.#notesTask(), linkTask(this.#next)], {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      renderer: 'default' as never,
      // Asked for when stdout is no terminal; what is drawn on is stderr, which is one.
      fallbackRenderer: 'default' as never,
      rendererOptions: { logger: loggerOn(stream) },
      fallbackRendererOptions: { logger: loggerOn(stream) },
    });
    this.#finished = list.run();
  }

  add(event: ReportEvent): void {
    if (event.type === 'note') this.#notes.push(noteLine(event));
    else if (event.type === 'play') this.#notes.push(playLine(event));
    else if (event.type === 'progress') this.#running.get(event.step)?.progress(event);
    else if (event.type === 'look') this.#running.get(event.step)?.look(event);
    else if (event.state === 'started') this.#start(event);
    else this.#end(event);
  }

  /** Steps that are still under way are shown as stopped. */
  async close(): Promise<void> {
    for (const step of this.#running.keys()) this.#end({ type: 'step', step, state: 'failed' });
    this.#notes.close();
    this.#next.resolve(null);
    await this.#finished;
  }

  #start({ step }: StepEvent): void {
    const running = new RunningStep(this.#clock, () => (this.#stream.columns ?? 80) - MARGIN);
    this.#running.set(step, running);
    this.#append({ title: step, task: (_context, wrapper) => running.show(wrapper) });
  }

  #end(event: StepEvent): void {
    const running = this.#running.get(event.step);
    this.#running.delete(event.step);
    if (running !== undefined) running.end(event);
    else this.#append({ title: event.step, task: (_context, wrapper) => outcome(event, wrapper) });
  }

  #append(task: Task): void {
    const next = deferred<Link | null>();
    this.#next.resolve({ task, next });
    this.#next = next;
  }

  /** Notes stay below the steps, in the order in which they came. */
  #notesTask(): Task {
    return {
      task: async (_context, wrapper) => {
        for await (const note of this.#notes) wrapper.output = note;
      },
      rendererOptions: { bottomBar: Number.POSITIVE_INFINITY, persistentOutput: true },
    };
  }
}

/** The next step, and the place where the one after it will be put. */
interface Link {
  task: Task;
  next: Deferred<Link | null>;
}

function linkTask({ promise }: Deferred<Link | null>): Task {
  return {
    task: async (_context, wrapper) => {
      const link = await promise;
      return link === null
        ? undefined
        : wrapper.newListr([link.task, linkTask(link.next)], {
            concurrent: true,
            exitOnError: false,
          });
    },
  };
}

/** One step, from its start to its end. */
class RunningStep {
  readonly #ended = deferred<StepEvent>();
  readonly #clock: Clock;
  readonly #widthOf: () => number;
  #bars: Bars | undefined;
  #wrapper: Wrapper | undefined;

  constructor(clock: Clock, widthOf: () => number) {
    this.#clock = clock;
    this.#widthOf = widthOf;
  }

  /** The promise that listr2 waits on. */
  async show(wrapper: Wrapper): Promise<void> {
    this.#wrapper = wrapper;
    outcome(await this.#ended.promise, wrapper);
  }

  progress(event: ProgressEvent): void {
    this.#bars ??= new Bars(this.#clock, (text) => this.#draw(text), this.#widthOf);
    this.#bars.add(event);
  }

  look(event: LookEvent): void {
    const width = this.#widthOf();
    this.#draw(
      lookLines(event)
        .map((line) => line.slice(0, width))
        .join('\n'),
    );
  }

  end(event: StepEvent): void {
    this.#bars?.stop();
    this.#ended.resolve(event);
  }

  #draw(text: string): void {
    if (this.#wrapper !== undefined && text !== '') this.#wrapper.output = text;
  }
}

/** @throws Error what listr2 shows for a step that failed */
function outcome(event: StepEvent, wrapper: Wrapper): void {
  if (event.state === 'failed') throw new Error(stepLine(event));
  if (event.state === 'skipped') wrapper.skip(stepLine(event));
  else wrapper.title = doneTitle(event);
}

function doneTitle({ step, seconds, detail }: StepEvent): string {
  const time = seconds === undefined ? '' : ` (${formatSeconds(seconds)})`;
  return `${step}${time}${detailText(detail)}`;
}

/** Everything is drawn on one stream; listr2 would draw on stdout, where the data goes. */
function loggerOn(stream: NodeJS.WriteStream): ListrLogger {
  const nowhere = createWritable(() => undefined) as unknown as NodeJS.WriteStream;
  const processOutput = new ProcessOutput(stream, nowhere, { leaveEmptyLine: false });
  return new ListrLogger({ processOutput, useIcons: true, toStderr: [] });
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Values that come when they come. */
class Queue<T> {
  #waiting: T[] = [];
  #isClosed = false;
  #wake = deferred<void>();

  push(value: T): void {
    this.#waiting.push(value);
    this.#wake.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      yield* this.#waiting.splice(0);
      if (this.#isClosed && this.#waiting.length === 0) return;
      if (this.#waiting.length > 0) continue;
      await this.#wake.promise;
      this.#wake = deferred();
    }
  }
}
