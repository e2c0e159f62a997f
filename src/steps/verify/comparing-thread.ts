import type { Worker } from 'node:worker_threads';
import { threadBeside } from '../../lib/beside.js';
import { fromWire, type WireError } from '../../lib/wire-error.js';
import type { PairedTable } from '../../sync/tables/paired-table.js';
import type { Difference, TableComparison } from '../context.js';

/** What a thread opens. */
export interface ThreadData {
  snapshotPath: string;
  /** With the password. */
  targetUrl: string;
  /** Of `shareMoment`. */
  moment: string;
}

export type ThreadAnswer =
  | { type: 'rows'; rows: number; bytes: number }
  | { type: 'difference'; difference: Difference }
  | { type: 'compared'; result: TableComparison }
  | { type: 'failed'; error: WireError };

export interface ComparisonEvents {
  /** What was compared since the last call. */
  onRows(rows: number, bytes: number): void;
  onDifference(difference: Difference): void;
}

/**
 * Compares tables in a thread with connections of its own to both sides: values meet where they are
 * read, and only what is to be told leaves the thread.
 */
export class ComparingThread {
  readonly #worker: Worker;

  constructor(data: ThreadData) {
    this.#worker = threadBeside(import.meta.url, 'comparing-thread-main', data);
  }

  /**
   * Compares every value of one table; one at a time.
   *
   * @throws CardctlError what the thread threw; the signal's reason on abort
   */
  async compare(
    table: PairedTable,
    events: ComparisonEvents,
    signal: AbortSignal,
  ): Promise<TableComparison> {
    const ended = new AbortController();
    try {
      return await new Promise<TableComparison>((resolve, reject) => {
        const until = { signal: ended.signal };
        signal.throwIfAborted();
        signal.addEventListener('abort', () => reject(signal.reason), until);
        const onMessage = (answer: ThreadAnswer) => {
          if (answer.type === 'rows') events.onRows(answer.rows, answer.bytes);
          else if (answer.type === 'difference') events.onDifference(answer.difference);
          else if (answer.type === 'compared') resolve(answer.result);
          else reject(fromWire(answer.error));
        };
        this.#worker.on('message', onMessage).on('error', reject);
        ended.signal.addEventListener('abort', () => {
          this.#worker.off('message', onMessage).off('error', reject);
        });
        this.#worker.postMessage(table);
      });
    } finally {
      ended.abort();
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
