import type { Readable } from 'node:stream';

const NEWLINE = 0x0a;

/** The lines of a `COPY … TO STDOUT`, looked at without copying where possible. */
export class TargetLines {
  readonly #stream: AsyncIterator<Buffer>;
  #bytes: Buffer = Buffer.alloc(0);
  #ended = false;

  constructor(stream: Readable) {
    // Whoever stops reading early leaves nobody to hear that the connection was closed after that.
    stream.on('error', () => undefined);
    this.#stream = stream[Symbol.asyncIterator]();
  }

  /** Steps over `expected` when exactly these bytes come next; else stays where it is. */
  async skip(expected: Buffer): Promise<boolean> {
    await this.#fill(expected.length);
    if (this.#bytes.length < expected.length) return false;
    if (this.#bytes.compare(expected, 0, expected.length, 0, expected.length) !== 0) return false;
    this.#bytes = this.#bytes.subarray(expected.length);
    return true;
  }

  /** The next line without its newline, or null at the end. Does not step over it. */
  async peek(): Promise<Buffer | null> {
    for (let from = 0; ; ) {
      const end = this.#bytes.indexOf(NEWLINE, from);
      if (end >= 0) return this.#bytes.subarray(0, end);
      from = this.#bytes.length;
      if (this.#ended) return null;
      await this.#fill(from + 1);
    }
  }

  /** Steps over the line that `peek` gave. */
  step(line: Buffer): void {
    this.#bytes = this.#bytes.subarray(line.length + 1);
  }

  async #fill(length: number): Promise<void> {
    if (this.#bytes.length >= length || this.#ended) return;
    const parts = [this.#bytes];
    let have = this.#bytes.length;
    while (have < length) {
      const next = await this.#stream.next();
      if (next.done === true) {
        this.#ended = true;
        break;
      }
      parts.push(next.value);
      have += next.value.length;
    }
    this.#bytes = Buffer.concat(parts, have);
  }
}
