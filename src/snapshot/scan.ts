import { headerOffset, type RowUnits } from './btree.js';
import type { PageFile } from './page-file.js';

/** Pages read in one system call when they lie side by side. */
const RUN_PAGES_MAX = 64;

const TABLE_LEAF = 0x0d;
const INDEX_LEAF = 0x0a;
const INDEX_INTERIOR = 0x02;

/** Where a row's record lies: `bytes[start..end)`, valid only during the call. */
export type RowVisitor = (
  bytes: Buffer,
  start: number,
  end: number,
  rowid: number | bigint,
) => void;

/** Reads the rows of a table from a snapshot, unit by unit, in key order. */
export class RowScanner {
  /** Where the row being visited lies: its unit, and its number within the unit. */
  unit = 0;
  row = 0;
  /** Some row so far ran on in overflow pages. */
  spilled = false;
  readonly #run: Buffer;
  /** Holds a record that spills over on overflow pages, put together. */
  #spilled = Buffer.alloc(0);
  readonly #overflowPage: Buffer;
  // The varint that was read last: its value and the offset behind it.
  #value: number | bigint = 0;
  #next = 0;

  constructor(readonly file: PageFile) {
    this.#run = Buffer.allocUnsafe(RUN_PAGES_MAX * file.pageSize);
    this.#overflowPage = Buffer.allocUnsafe(file.pageSize);
  }

  /**
   * Visits the rows of units `from` up to, not including, `to`.
   *
   * @throws CardctlError `source` when a page breaks the file format.
   */
  scan(units: RowUnits, from: number, to: number, visit: RowVisitor): void {
    const { pageSize } = this.file;
    let unit = from;
    while (unit < to) {
      const run = runLength(units, unit, to);
      const first = units.pages[unit] as number;
      const bytes = this.file.readRun(first, run, this.#run);
      for (let i = 0; i < run; i++, unit++) {
        const page = bytes.subarray(i * pageSize, (i + 1) * pageSize);
        this.unit = unit;
        this.row = 0;
        this.#visitUnit(page, first + i, units.cells[unit] as number, visit);
      }
    }
  }

  #visitUnit(page: Buffer, pageNumber: number, cell: number, visit: RowVisitor): void {
    const at = headerOffset(pageNumber);
    const kind = page[at];
    const cellCount = page.readUInt16BE(at + 3);
    if (cell >= 0) {
      if (kind !== INDEX_INTERIOR) throw this.file.corrupt(`page ${pageNumber} changed type`);
      this.#visitCell(page, pageNumber, page.readUInt16BE(at + 12 + cell * 2) + 4, false, visit);
      return;
    }
    if (kind !== TABLE_LEAF && kind !== INDEX_LEAF) {
      throw this.file.corrupt(`page ${pageNumber} is not a leaf (type ${kind})`);
    }
    if (at + 8 + cellCount * 2 > page.length) {
      throw this.file.corrupt(`page ${pageNumber} has too many cells`);
    }
    for (let i = 0; i < cellCount; i++) {
      this.row = i;
      const pointer = at + 8 + i * 2;
      const cellAt = ((page[pointer] as number) << 8) | (page[pointer + 1] as number);
      this.#visitCell(page, pageNumber, cellAt, kind === TABLE_LEAF, visit);
    }
  }

  #visitCell(page: Buffer, pageNumber: number, at: number, hasRowid: boolean, visit: RowVisitor) {
    if (at >= page.length) throw this.file.corrupt(`page ${pageNumber} points past itself`);
    this.#readVarint(page, at);
    const size = Number(this.#value);
    let rowid: number | bigint = 0;
    if (hasRowid) {
      this.#readVarint(page, this.#next);
      rowid = this.#value;
    }
    const start = this.#next;
    const local = localBytes(size, this.file.usableSize, hasRowid);
    if (start + local > page.length) {
      throw this.file.corrupt(`a row on page ${pageNumber} runs past its page`);
    }
    if (local === size) {
      visit(page, start, start + size, rowid);
      return;
    }
    this.#gatherSpilled(page, pageNumber, start, local, size);
    visit(this.#spilled, 0, size, rowid);
  }

  #gatherSpilled(page: Buffer, pageNumber: number, start: number, local: number, size: number) {
    if (size > this.file.pageCount * this.file.pageSize) {
      throw this.file.corrupt(`a row on page ${pageNumber} is larger than the file`);
    }
    this.spilled = true;
    if (this.#spilled.length < size) this.#spilled = Buffer.allocUnsafe(size * 2);
    page.copy(this.#spilled, 0, start, start + local);
    let filled = local;
    let next = page.readUInt32BE(start + local);
    while (filled < size) {
      if (next === 0)
        throw this.file.corrupt(`an overflow chain from page ${pageNumber} ends early`);
      const overflow = this.file.readRun(next, 1, this.#overflowPage);
      const take = Math.min(size - filled, this.file.usableSize - 4);
      overflow.copy(this.#spilled, filled, 4, 4 + take);
      filled += take;
      next = overflow.readUInt32BE(0);
    }
  }

  #readVarint(bytes: Buffer, at: number): void {
    let value = 0;
    for (let i = 0; i < 8; i++) {
      const byte = bytes[at + i] as number;
      if (value > 0x3fffffffffff) break;
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) {
        this.#value = value;
        this.#next = at + i + 1;
        return;
      }
    }
    this.#readLongVarint(bytes, at);
  }

  /** Varints of more than 2^53, negative rowids among them, through BigInt. */
  #readLongVarint(bytes: Buffer, at: number): void {
    let value = 0n;
    let i = 0;
    for (; i < 8; i++) {
      const byte = bytes[at + i] as number;
      value = (value << 7n) | BigInt(byte & 0x7f);
      if (byte < 0x80) break;
    }
    if (i === 8) value = (value << 8n) | BigInt(bytes[at + 8] as number);
    this.#next = at + i + 1;
    const signed = BigInt.asIntN(64, value);
    this.#value =
      signed >= BigInt(Number.MIN_SAFE_INTEGER) && signed <= BigInt(Number.MAX_SAFE_INTEGER)
        ? Number(signed)
        : signed;
  }
}

function runLength(units: RowUnits, from: number, to: number): number {
  const first = units.pages[from] as number;
  const most = Math.min(to - from, RUN_PAGES_MAX);
  let run = 1;
  while (run < most && units.pages[from + run] === first + run) run++;
  return run;
}

/** How much of a record stays on its b-tree page: fileformat2, section 1.6. */
function localBytes(size: number, usable: number, isTable: boolean): number {
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  if (size <= most) return size;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const kept = least + ((size - least) % (usable - 4));
  return kept <= most ? kept : least;
}
