import { type Bar, MultiBar, type Options } from 'cli-progress';
import type { Clock } from '../../lib/clock.js';
import type { ProgressEvent } from '../../lib/report.js';
import { Meter } from './meter.js';

const REDRAWS_PER_SECOND = 5;
const BAR_WIDTH = 20;

interface Task {
  bar: Bar;
  meter: Meter;
}

/**
 * The tasks in flight of one step, a bar each, drawn by cli-progress into text: listr2 owns the
 * screen, and two who move one cursor would write over each other.
 */
export class Bars {
  readonly #clock: Clock;
  readonly #multi: MultiBar;
  readonly #tasks = new Map<string, Task>();

  constructor(clock: Clock, draw: (text: string) => void, widthOf: () => number) {
    this.#clock = clock;
    const page = new Page(widthOf);
    const options: Options & { terminal: Page } = {
      // Not in its types; it calls no more than Page has.
      terminal: page,
      format: '{task} {bar} {percentage}% {speed}',
      barsize: BAR_WIDTH,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      fps: REDRAWS_PER_SECOND,
      forceRedraw: true,
      emptyOnZero: true,
    };
    this.#multi = new MultiBar(options);
    this.#multi.on('redraw-post', () => draw(page.text()));
  }

  add(event: ProgressEvent): void {
    const task = this.#tasks.get(event.task) ?? this.#begin(event);
    task.meter.add(event);
    task.bar.setTotal(event.total);
    task.bar.update(event.done, { task: event.task, speed: task.meter.speed() });
    if (task.meter.isComplete) this.#end(event.task, task);
  }

  stop(): void {
    this.#multi.stop();
    this.#tasks.clear();
  }

  #begin(event: ProgressEvent): Task {
    const payload = { task: event.task, speed: '' };
    const bar = this.#multi.create(event.total, event.done, payload);
    const task = { bar, meter: new Meter(this.#clock, event) };
    this.#tasks.set(event.task, task);
    return task;
  }

  #end(name: string, { bar }: Task): void {
    this.#tasks.delete(name);
    this.#multi.remove(bar);
  }
}

/** What cli-progress takes for a terminal: it collects the lines of one redraw. */
class Page {
  #lines = [''];

  constructor(private readonly widthOf: () => number) {}

  text(): string {
    return this.#lines.filter((line) => line !== '').join('\n');
  }

  cursorRelativeReset(): void {
    this.#lines = [''];
  }

  newline(): void {
    this.#lines.push('');
  }

  write(text: string): void {
    this.#lines[this.#lines.length - 1] = text.trimEnd().slice(0, this.widthOf());
  }

  isTTY(): boolean {
    return true;
  }

  getWidth(): number {
    return this.widthOf();
  }

  cursor(): void {}
  cursorTo(): void {}
  clearLine(): void {}
  clearRight(): void {}
  clearBottom(): void {}
  lineWrapping(): void {}
}
