import type { Worker } from 'node:worker_threads';
import { threadBeside } from '../lib/beside.js';
import { fromWire, type WireError } from '../lib/wire-error.js';
import type { Stretch, StretchCount } from './stretch.js';
import type { QueueMemory } from './stretch-queue.js';

export interface ThreadData {
  /** Of the file that is read; opened when there is a first stretch to read. */
  path: string;
  stretches: readonly Stretch[];
  queue: QueueMemory;
}

export type ThreadMessage =
  | { type: 'counted'; number: number; count: StretchCount }
  | { type: 'failed'; error: WireError };

/** A thread that counts stretches of a queue until none is left, or one cannot be read. */
export class CountingThread {
  /** Resolves when nothing more will come. @throws CardctlError what the thread threw */
  readonly ended: Promise<void>;
  readonly #worker: Worker;

  /** @param onCounted told the number of each stretch, and what it holds */
  constructor(data: ThreadData, onCounted: (number: number, count: StretchCount) => void) {
    this.#worker = threadBeside(import.meta.url, 'counting-thread-main', data);
    this.ended = new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('exit', () => resolve());
      this.#worker.on('message', (message: ThreadMessage) => {
        if (message.type === 'counted') onCounted(message.number, message.count);
        else reject(fromWire(message.error));
      });
    });
    // Whoever waits for the end hears of a failure; nobody has to.
    this.ended.catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
