import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CardctlError } from '../lib/errors.js';

const HEADER_BYTES = 100;

/**
 * The pages of a finished snapshot, read straight from the file.
 *
 * Only for a file that nothing writes to: no lock is taken and no journal is looked at.
 * The layout is that of https://www.sqlite.org/fileformat2.html, sections 1.2 and 1.3.
 */
export class PageFile {
  readonly pageSize: number;
  /** Bytes of a page that hold content: the page size less the reserved tail. */
  readonly usableSize: number;
  readonly pageCount: number;
  readonly encoding: 'utf8' | 'utf16le' | 'utf16be';
  readonly #fd: number;

  /** @throws CardctlError `source` when the header is not that of a whole SQLite database. */
  constructor(readonly path: string) {
    this.#fd = openSync(path, 'r');
    const header = Buffer.alloc(HEADER_BYTES);
    const bytes = readSync(this.#fd, header, 0, HEADER_BYTES, 0);
    if (bytes < HEADER_BYTES || header.toString('latin1', 0, 15) !== 'SQLite format 3') {
      this.close();
      throw new CardctlError('source', `${path} is not a SQLite database`);
    }
    const declaredSize = header.readUInt16BE(16);
    this.pageSize = declaredSize === 1 ? 65_536 : declaredSize;
    this.usableSize = this.pageSize - header.readUInt8(20);
    this.pageCount = Math.floor(fstatSync(this.#fd).size / this.pageSize);
    this.encoding = encodingOf(header.readUInt32BE(56));
  }

  /**
   * Reads `count` consecutive pages into `into` and returns the bytes as a view of it.
   *
   * @throws CardctlError `source` when the file ends before them.
   */
  readRun(firstPage: number, count: number, into: Buffer): Buffer {
    const wanted = count * this.pageSize;
    const at = (firstPage - 1) * this.pageSize;
    if (firstPage < 1 || firstPage + count - 1 > this.pageCount) {
      throw this.corrupt(`page ${firstPage + count - 1} lies beyond the end of the file`);
    }
    let filled = 0;
    while (filled < wanted) {
      const bytes = readSync(this.#fd, into, filled, wanted - filled, at + filled);
      if (bytes === 0) throw this.corrupt(`page ${firstPage} could not be read whole`);
      filled += bytes;
    }
    return into.subarray(0, wanted);
  }

  /** The error for content that breaks the file format. */
  corrupt(what: string): CardctlError {
    return new CardctlError('source', `${this.path} is corrupt: ${what}`, {
      hint: 'see what is wrong with: sqlite3 FILE "PRAGMA integrity_check", or go back to a good copy with: cardctl restore',
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function encodingOf(code: number): 'utf8' | 'utf16le' | 'utf16be' {
  if (code === 2) return 'utf16le';
  if (code === 3) return 'utf16be';
  return 'utf8';
}
