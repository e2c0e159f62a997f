import type { Stretch } from './stretch.js';

/** Slots of the shared memory. */
const NEXT = 0;
const FRONT = 1;
const STOPPED = 2;
const SLOTS = 3;

/** Pages of a file that is whole. */
const ALL_PAGES = 0x7fffffff;

/** Memory that the queues of several threads share. */
export type QueueMemory = SharedArrayBuffer;

/** @param front how many pages of the file are there; without it, all */
export function queueMemory(front = ALL_PAGES): QueueMemory {
  const memory = new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT);
  Atomics.store(new Int32Array(memory), FRONT, front);
  return memory;
}

/** Hands each stretch to one of the threads that ask, in order, once its pages are in the file. */
export class StretchQueue {
  readonly #slots: Int32Array;

  /** @param stretches the same in all threads */
  constructor(
    memory: QueueMemory,
    readonly stretches: readonly Stretch[],
  ) {
    this.#slots = new Int32Array(memory);
  }

  /**
   * The number of the next stretch, or null when none is left. Blocks this thread while the file
   * has not grown that far.
   */
  take(): number | null {
    const number = Atomics.add(this.#slots, NEXT, 1);
    const stretch = this.stretches[number];
    if (stretch === undefined) return null;
    const needed = lastPage(stretch);
    for (;;) {
      if (Atomics.load(this.#slots, STOPPED) === 1) return null;
      const front = Atomics.load(this.#slots, FRONT);
      if (front >= needed) return number;
      Atomics.wait(this.#slots, FRONT, front);
    }
  }

  /** The first `pages` pages are in the file now. */
  advance(pages: number): void {
    Atomics.store(this.#slots, FRONT, pages);
    Atomics.notify(this.#slots, FRONT);
  }

  /** Nothing more is handed out. */
  stop(): void {
    Atomics.store(this.#slots, STOPPED, 1);
    // Whoever waits for the front to move looks again only when it does.
    this.advance(ALL_PAGES);
  }
}

/** The highest page number among the units of a stretch. */
export function lastPage({ units }: Stretch): number {
  return units.pages.reduce((highest, page) => Math.max(highest, page), 0);
}
