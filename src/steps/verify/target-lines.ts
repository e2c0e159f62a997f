import type { Readable } from 'node:stream';

const NEWLINE = 0x0a;

/** The lines of a `COPY … TO STDOUT`, looked at without copying where possible. */
export class TargetLines {
  readonly #stream: AsyncIterator<Buffer>;
  /** What has come and is not stepped over: whole reads, of which the first may be begun. */
  #parts: Buffer[] = [];
  #bytes = 0;
  #ended = false;

  constructor(stream: Readable) {
    // Whoever stops reading early leaves nobody to hear that the connection was closed after that.
    stream.on('error', () => undefined);
    this.#stream = stream[Symbol.asyncIterator]();
  }

  /** Steps over `expected` when exactly these bytes come next; else stays where it is. */
  async skip(expected: Buffer): Promise<boolean> {
    for (let part = 0, at = 0; at < expected.length; part++) {
      if (part === this.#parts.length && !(await this.#read())) return false;
      const bytes = this.#parts[part] as Buffer;
      const end = Math.min(at + bytes.length, expected.length);
      if (bytes.compare(expected, at, end, 0, end - at) !== 0) return false;
      at = end;
    }
    this.#drop(expected.length);
    return true;
  }

  /** The next line without its newline, or null at the end. Does not step over it. */
  async peek(): Promise<Buffer | null> {
    for (let from = 0; ; ) {
      if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts, this.#bytes)];
      const end = this.#parts[0]?.indexOf(NEWLINE, from) ?? -1;
      if (end >= 0) return (this.#parts[0] as Buffer).subarray(0, end);
      from = this.#bytes;
      if (!(await this.#read())) return null;
    }
  }

  /** Steps over the line that `peek` gave. */
  step(line: Buffer): void {
    this.#drop(line.length + 1);
  }

  #drop(length: number): void {
    this.#bytes -= length;
    let left = length;
    while (left > 0) {
      const first = this.#parts[0] as Buffer;
      if (first.length > left) this.#parts[0] = first.subarray(left);
      else this.#parts.shift();
      left -= Math.min(left, first.length);
    }
  }

  /** Adds what comes next; false at the end. */
  async #read(): Promise<boolean> {
    if (this.#ended) return false;
    const next = await this.#stream.next();
    if (next.done === true) {
      this.#ended = true;
      return false;
    }
    this.#parts.push(next.value);
    this.#bytes += next.value.length;
    return true;
  }
}
