import type { ColumnCensus, RowLocator, TextShape, ValueKind } from '../schema/model.js';
import type { RowUnits } from './btree.js';
import { type Cell, isSafeInteger, readNumber, serialLength } from './cell.js';
import type { PageFile } from './page-file.js';
import { RowScanner } from './scan.js';
import { utf8Of } from './text-encoding.js';
import {
  isAsciiShape,
  scanText,
  TEXT_HAS_NUL,
  TEXT_NOT_UTF8,
  TEXT_SHAPES,
  textShape,
} from './text-scan.js';
import { longVarint, varintEnd } from './varint.js';

/** What the census must know of a stored column, in the order of the record. */
export interface CensusColumn {
  /** The column is the rowid: stored as NULL. */
  isRowid: boolean;
  /** Value of rows written before `ALTER TABLE … ADD COLUMN`, which end early. */
  missing: Cell;
}

/** Counts every value of one table, in pieces so that others get a turn. */
export class TableCensus {
  rows = 0;
  readonly #scanner: RowScanner;
  readonly #tallies: ColumnTally[];
  readonly #columns: readonly CensusColumn[];
  readonly #file: PageFile;
  readonly #units: RowUnits;

  /** @param columns the stored columns, in the order of the record */
  constructor(file: PageFile, units: RowUnits, columns: readonly CensusColumn[]) {
    this.#file = file;
    this.#units = units;
    this.#columns = columns;
    this.#scanner = new RowScanner(file);
    this.#tallies = columns.map(() => new ColumnTally());
  }

  /**
   * Counts the rows of units `from` up to, not including, `to`.
   *
   * @throws CardctlError `source` when a page breaks the file format
   */
  count(from: number, to: number): void {
    this.#scanner.scan(this.#units, from, to, (bytes, start, end, rowid) =>
      this.#countRow(bytes, start, end, rowid),
    );
  }

  /** Whether some row ran on in pages that are none of its units. */
  get spills(): boolean {
    return this.#scanner.spilled;
  }

  /** What was found so far, a column an entry, in the order of the record. */
  result(): ColumnCensus[] {
    return this.#tallies.map((tally) => tally.result(this.rows));
  }

  #countRow(bytes: Buffer, start: number, end: number, rowid: number | bigint): void {
    this.rows++;
    const scanner = this.#scanner;
    const utf8 = this.#file.encoding === 'utf8';
    let header = start;
    let headerSize = bytes[header++] as number;
    if (headerSize >= 0x80) {
      headerSize = longVarint(bytes, start);
      header = varintEnd;
    }
    const headerEnd = start + headerSize;
    let body = headerEnd;
    for (let column = 0; column < this.#tallies.length; column++) {
      const tally = this.#tallies[column] as ColumnTally;
      if (header >= headerEnd) {
        tally.countCell((this.#columns[column] as CensusColumn).missing, scanner);
        continue;
      }
      let serial = bytes[header++] as number;
      if (serial >= 0x80) {
        serial = longVarint(bytes, header - 1);
        header = varintEnd;
      }
      const at = body;
      body += serialLength(serial);
      if (serial >= 12) {
        if (serial % 2 === 0) tally.countBlob(body - at, scanner);
        else if (utf8) tally.countText(bytes, at, body, scanner);
        else {
          const text = utf8Of(bytes.subarray(at, body), this.#file.encoding);
          tally.countText(text, 0, text.length, scanner);
        }
      } else if (serial === 0) {
        if (!(this.#columns[column] as CensusColumn).isRowid) tally.countNull(scanner);
        else if (typeof rowid === 'number') tally.countInteger(rowid, scanner);
        else tally.countLarge(rowid, scanner);
      } else if (serial === 7) {
        tally.countReal(bytes.readDoubleBE(at), scanner);
      } else if (serial === 6 && !isSafeInteger(bytes, at)) {
        tally.countLarge(bytes.readBigInt64BE(at), scanner);
      } else {
        tally.countInteger(readNumber(bytes, at, serial), scanner);
      }
    }
    if (body > end) throw this.#file.corrupt('a row is longer than its record');
  }
}

/** Places kept per kind of value: enough to act on, too few to fill memory. */
export const LOCATORS_MAX = 10;

const KINDS: readonly ValueKind[] = [
  'null',
  'integer',
  'real',
  'text',
  'blob',
  'not 0 or 1',
  'overflowed integer',
  'unsafe integer',
  'NUL in text',
  'not UTF-8',
  'infinity',
];
const NULL = 0;
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;
const NOT_BOOLEAN = 5;
const OVERFLOWED = 6;
const UNSAFE = 7;
const HAS_NUL = 8;
const NOT_UTF8 = 9;
const INFINITE = 10;

/** SQLite turns an integer literal from here on into a REAL. */
const OVERFLOW_MIN = 2 ** 63;

class ColumnTally {
  readonly #counts = new Float64Array(KINDS.length);
  readonly #shapes = new Float64Array(TEXT_SHAPES.length);
  readonly #seenAt: RowLocator[][] = KINDS.map(() => []);
  readonly #shapesAt: RowLocator[][] = TEXT_SHAPES.map(() => []);
  #integerMin = Number.POSITIVE_INFINITY;
  #integerMax = Number.NEGATIVE_INFINITY;
  #largeMin: bigint | null = null;
  #largeMax: bigint | null = null;
  #realMin: number | null = null;
  #realMax: number | null = null;
  #realNearest = Number.POSITIVE_INFINITY;
  #textBytesMax = 0;
  #blobBytesMax = 0;

  countCell(cell: Cell, at: RowLocator): void {
    if (cell.kind === 'null') this.countNull(at);
    else if (cell.kind === 'integer') this.countLarge(cell.value, at);
    else if (cell.kind === 'real') this.countReal(cell.value, at);
    else if (cell.kind === 'text') this.countText(cell.bytes, 0, cell.bytes.length, at);
    else this.countBlob(cell.bytes.length, at);
  }

  countNull(at: RowLocator): void {
    this.#see(NULL, at);
  }

  countInteger(value: number, at: RowLocator): void {
    this.#see(INTEGER, at);
    if (value < this.#integerMin) this.#integerMin = value;
    if (value > this.#integerMax) this.#integerMax = value;
    if (value !== 0 && value !== 1) this.#see(NOT_BOOLEAN, at);
  }

  countLarge(value: bigint, at: RowLocator): void {
    if (value >= -9_007_199_254_740_991n && value <= 9_007_199_254_740_991n) {
      this.countInteger(Number(value), at);
      return;
    }
    this.#see(INTEGER, at);
    this.#see(NOT_BOOLEAN, at);
    this.#see(UNSAFE, at);
    if (this.#largeMin === null || value < this.#largeMin) this.#largeMin = value;
    if (this.#largeMax === null || value > this.#largeMax) this.#largeMax = value;
  }

  countReal(value: number, at: RowLocator): void {
    if (this.#realMin === null || value < this.#realMin) this.#realMin = value;
    if (this.#realMax === null || value > this.#realMax) this.#realMax = value;
    const size = Math.abs(value);
    if (size < this.#realNearest && size > 0) this.#realNearest = size;
    if (!Number.isFinite(value)) this.#see(INFINITE, at);
    const isOverflowed = Number.isFinite(value) && size >= OVERFLOW_MIN;
    this.#see(isOverflowed ? OVERFLOWED : REAL, at);
  }

  countText(bytes: Uint8Array, from: number, to: number, at: RowLocator): void {
    this.#see(TEXT, at);
    if (to - from > this.#textBytesMax) this.#textBytesMax = to - from;
    const shape = textShape(bytes, from, to);
    const count = this.#shapes[shape] as number;
    this.#shapes[shape] = count + 1;
    if (count < LOCATORS_MAX) this.#shapesAt[shape]?.push({ unit: at.unit, row: at.row });
    const flags = isAsciiShape(shape) ? 0 : scanText(bytes, from, to);
    if (flags === 0) return;
    if (flags & TEXT_HAS_NUL) this.#see(HAS_NUL, at);
    if (flags & TEXT_NOT_UTF8) this.#see(NOT_UTF8, at);
  }

  countBlob(length: number, at: RowLocator): void {
    this.#see(BLOB, at);
    if (length > this.#blobBytesMax) this.#blobBytesMax = length;
  }

  result(rows: number): ColumnCensus {
    const { min, max } = this.#integerRange();
    const counts = this.#counts.slice();
    counts[REAL] = (counts[REAL] as number) + (counts[OVERFLOWED] as number);
    return {
      rows,
      counts: Object.fromEntries(KINDS.map((kind, i) => [kind, counts[i] as number])) as Record<
        ValueKind,
        number
      >,
      integerMin: min,
      integerMax: max,
      realMin: this.#realMin,
      realMax: this.#realMax,
      realNearest: Number.isFinite(this.#realNearest) ? this.#realNearest : null,
      textBytesMax: this.#textBytesMax,
      blobBytesMax: this.#blobBytesMax,
      shapes: Object.fromEntries(
        TEXT_SHAPES.map((shape, i) => [shape, this.#shapes[i] as number]),
      ) as Record<TextShape, number>,
      seenAt: Object.fromEntries([
        ...KINDS.map((kind, i) => [kind, this.#seenAt[i] as RowLocator[]]),
        ...TEXT_SHAPES.map((shape, i) => [shape, this.#shapesAt[i] as RowLocator[]]),
      ]),
    };
  }

  #integerRange(): { min: bigint | null; max: bigint | null } {
    const seen = [this.#largeMin, this.#largeMax].filter((value) => value !== null);
    if (this.#integerMin <= this.#integerMax) {
      seen.push(BigInt(this.#integerMin), BigInt(this.#integerMax));
    }
    if (seen.length === 0) return { min: null, max: null };
    return {
      min: seen.reduce((a, b) => (b < a ? b : a)),
      max: seen.reduce((a, b) => (b > a ? b : a)),
    };
  }

  #see(kind: number, at: RowLocator): void {
    const count = this.#counts[kind] as number;
    this.#counts[kind] = count + 1;
    if (count < LOCATORS_MAX) this.#seenAt[kind]?.push({ unit: at.unit, row: at.row });
  }
}
