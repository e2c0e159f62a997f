import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher, Pool } from 'undici';
import { codeOf } from '../lib/errors.js';

/** What a webhook answered with a 2xx. */
export interface Answer {
  /** The `x-cardctl-stack` header. */
  stack: string | undefined;
  /**
   * It was somebody's own bot that did it: nobody signed the answer, or the cardbot that forwarded
   * the update says so in `x-cardctl-foreign`.
   */
  byForeign: boolean;
  /** May hold one Bot API call, as JSON. Empty when it was longer than 64 KiB. */
  body: string;
}

/** `failure` is `status 502`, `timeout` or `connection ECONNRESET`. */
export type PostOutcome = Answer | { failure: string };

export interface PostOptions {
  path: string;
  /** Names and values in turn. */
  headers: string[];
  body: string;
  /** From the start of the post to the last byte of its answer. */
  answerMsMax: number;
}

const BODY_BYTES_MAX = 65_536;

/**
 * The post of one update. Calls `done` exactly once, whatever happens.
 *
 * undici's own handler interface, not `request`: no stream or promise is made per post.
 */
export class Post implements Dispatcher.DispatchHandler {
  readonly #done: (outcome: PostOutcome) => void;
  #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #abortedFor: string | undefined;
  #isDone = false;
  #status = 0;
  #stack: string | undefined;
  #byForeign = false;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(done: (outcome: PostOutcome) => void) {
    this.#done = done;
  }

  start(pool: Pool, { path, headers, body, answerMsMax }: PostOptions): void {
    this.#timer = setTimeout(() => this.abort('timeout'), answerMsMax);
    pool.dispatch({ path, method: 'POST', headers, body }, this);
  }

  abort(failure = 'aborted'): void {
    this.#abortedFor = failure;
    // Ends the connection and then, before it returns, calls onResponseError.
    this.#controller?.abort(new Error(failure));
    this.#settle({ failure });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection until its time was over.
    if (this.#abortedFor !== undefined) controller.abort(new Error(this.#abortedFor));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
    const stack = headers['x-cardctl-stack'];
    this.#stack = typeof stack === 'string' ? stack : undefined;
    this.#byForeign = stack === undefined || headers['x-cardctl-foreign'] !== undefined;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= BODY_BYTES_MAX) this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#status < 200 || this.#status > 299) {
      this.#settle({ failure: `status ${this.#status}` });
      return;
    }
    const body = this.#bytes > BODY_BYTES_MAX ? '' : Buffer.concat(this.#chunks).toString();
    this.#settle({ stack: this.#stack, byForeign: this.#byForeign, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle({ failure: this.#abortedFor ?? `connection ${codeOf(error) ?? error.name}` });
  }

  #settle(outcome: PostOutcome): void {
    if (this.#isDone) return;
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#done(outcome);
  }
}
