import { Readable } from 'node:stream';
import type { Connection, Submittable } from 'pg';

/** Message types, https://www.postgresql.org/docs/current/protocol-message-formats.html */
const COPY_DATA = 0x64;
/** `CopyOutResponse`, and what a server may send at any moment: notices, parameters, notifications. */
const PASSED_OVER = new Set([0x48, 0x4e, 0x53, 0x41]);

/** A type byte and a length that counts itself. */
const HEADER_BYTES = 5;

type DataHandler = (chunk: Buffer) => void;

/**
 * A `COPY … TO STDOUT` as the stream of its bytes, for `client.query(new CopyOut(sql))`.
 *
 * Postgres sends a message a row. Their headers are taken out of each network read in place, and
 * what remains is one chunk of the stream: millions of rows make a few thousand buffers.
 */
export class CopyOut extends Readable implements Submittable {
  #connection: Connection | null = null;
  #pgHandler: DataHandler | null = null;
  readonly #onData: DataHandler = (chunk) => this.#take(chunk);
  /** The header being read: its bytes so far may have come with the read before. */
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  /** Content of the present message that is still to come, bytes. */
  #left = 0;
  #counted: (rows: number) => void = () => undefined;
  /** How many rows the server says it has sent; settles behind the end of the stream, if it ends well. */
  readonly rowCount = new Promise<number>((resolve) => {
    this.#counted = resolve;
  });

  constructor(readonly text: string) {
    super({ highWaterMark: 1024 * 1024 });
  }

  /** Called by pg when it is this query's turn. */
  submit(connection: Connection): void {
    this.#connection = connection;
    const { stream } = connection;
    this.#pgHandler = stream.listeners('data')[0] as DataHandler;
    stream.off('data', this.#pgHandler);
    stream.on('data', this.#onData);
    connection.query(this.text);
  }

  /** Called by pg when the server refuses the query or the connection breaks. */
  handleError(error: Error): void {
    this.#handBack();
    this.destroy(error);
  }

  /** Called by pg; the tag is `COPY` and the number of rows. */
  handleCommandComplete({ text }: { text: string }): void {
    this.#counted(Number(text.slice('COPY '.length)));
  }

  handleReadyForQuery(): void {}

  override _read(): void {
    if (this.#pgHandler !== null) this.#connection?.stream.resume();
  }

  #take(chunk: Buffer): void {
    let kept = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const end = Math.min(at + this.#left, chunk.length);
        if (this.#header[0] === COPY_DATA) {
          chunk.copyWithin(kept, at, end);
          kept += end - at;
        }
        this.#left -= end - at;
        at = end;
        continue;
      }
      this.#header[this.#headerBytes++] = chunk[at++] as number;
      if (this.#headerBytes < HEADER_BYTES) continue;
      this.#headerBytes = 0;
      const type = this.#header[0] as number;
      if (type !== COPY_DATA && !PASSED_OVER.has(type)) {
        this.#end(chunk, kept, at);
        return;
      }
      this.#left = this.#header.readUInt32BE(1) - 4;
    }
    if (kept > 0 && !this.push(chunk.subarray(0, kept))) this.#connection?.stream.pause();
  }

  /** The data has ended, well or badly: this message and all behind it are pg's again. */
  #end(chunk: Buffer, kept: number, at: number): void {
    if (kept > 0) this.push(chunk.subarray(0, kept));
    const rest = Buffer.concat([this.#header, chunk.subarray(at)]);
    const handler = this.#pgHandler;
    this.#handBack();
    if (this.#header[0] !== ERROR_RESPONSE) this.push(null);
    handler?.(rest);
  }

  #handBack(): void {
    if (this.#pgHandler === null) return;
    const stream = this.#connection?.stream;
    stream?.off('data', this.#onData);
    stream?.on('data', this.#pgHandler);
    this.#pgHandler = null;
    stream?.resume();
  }
}

const ERROR_RESPONSE = 0x45;
