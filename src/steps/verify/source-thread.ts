import type { Worker } from 'node:worker_threads';
import { threadBeside } from '../../lib/beside.js';
import { fromWire, type WireError } from '../../lib/wire-error.js';
import type { ComparedTable } from './compared-table.js';
import { NULL_TEXT } from './copy-fields.js';

/** Chunks that are read ahead of the comparison. */
const CHUNKS_AHEAD = 4;

/** Some rows in key order, as COPY text, each ended by a newline. */
export interface SourceChunk {
  /** As the target writes it, but for control characters, which may stand in it as they are. */
  text: Buffer;
  rows: number;
  /** The same rows exactly as the target writes them. */
  escaped(): Promise<Buffer>;
}

export interface ThreadData {
  snapshotPath: string;
  nullText: string;
}

export type ThreadRequest =
  | { id: number; type: 'open'; table: ComparedTable }
  | { id: number; type: 'next'; escapes: boolean }
  | { id: number; type: 'escaped'; chunk: number };

export type ThreadAnswer =
  | { id: number; type: 'opened' }
  | {
      id: number;
      type: 'chunk';
      chunk: number;
      text: Uint8Array;
      rows: number;
      isEscaped: boolean;
    }
  | { id: number; type: 'end' }
  | { id: number; type: 'text'; text: Uint8Array }
  | { id: number; type: 'failed'; error: WireError };

type Question = ThreadRequest extends infer Request
  ? Request extends { id: number }
    ? Omit<Request, 'id'>
    : never
  : never;

/** Reads a snapshot through SQLite in a thread of its own, ahead of whoever compares. */
export class SourceThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<ThreadAnswer>>();
  #lastId = 0;

  constructor(snapshotPath: string) {
    const workerData: ThreadData = { snapshotPath, nullText: NULL_TEXT };
    this.#worker = threadBeside(import.meta.url, 'source-thread-main', workerData);
    this.#worker.on('message', (answer: ThreadAnswer) => this.#take(answer));
    this.#worker.on('error', (error) => this.#fail(error));
  }

  /**
   * The rows of a table, in chunks.
   *
   * @param needsEscapes asked before each chunk: from now on have SQL escape every text
   */
  async *chunks(table: ComparedTable, needsEscapes: () => boolean): AsyncGenerator<SourceChunk> {
    await this.#ask({ type: 'open', table });
    const ahead: Promise<ThreadAnswer>[] = [];
    for (;;) {
      while (ahead.length < CHUNKS_AHEAD) {
        ahead.push(this.#ask({ type: 'next', escapes: needsEscapes() }));
      }
      const answer = await ahead.shift();
      if (answer?.type !== 'chunk') break;
      const { chunk, rows, isEscaped } = answer;
      const text = bufferOf(answer.text);
      yield { text, rows, escaped: async () => (isEscaped ? text : this.#escaped(chunk)) };
    }
    await Promise.all(ahead);
  }

  async close(): Promise<void> {
    this.#fail(new Error('the reading thread was closed'));
    await this.#worker.terminate();
  }

  async #escaped(chunk: number): Promise<Buffer> {
    const answer = await this.#ask({ type: 'escaped', chunk });
    if (answer.type !== 'text') throw new Error(`chunk ${chunk} is not there any more`);
    return bufferOf(answer.text);
  }

  #ask(question: Question): Promise<ThreadAnswer> {
    const id = ++this.#lastId;
    const waiting = withResolvers<ThreadAnswer>();
    this.#waiting.set(id, waiting);
    // Whoever asked may have gone on because of an earlier answer: that is no unhandled rejection.
    waiting.promise.catch(() => undefined);
    this.#worker.postMessage({ ...question, id });
    return waiting.promise;
  }

  #take(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.type === 'failed') waiting?.reject(fromWire(answer.error));
    else waiting?.resolve(answer);
  }

  #fail(error: unknown): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

interface PromiseWithResolvers<Value> {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
  reject: (reason: unknown) => void;
}

function withResolvers<Value>(): PromiseWithResolvers<Value> {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<Value>((onValue, onReason) => {
    resolve = onValue;
    reject = onReason;
  });
  return { promise, resolve, reject };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
