import { type Cell, decodeCell, isSafeInteger, readNumber, serialLength } from './cell.js';
import { appendFloat, appendInteger } from './digits.js';
import { longVarint, varintEnd } from './varint.js';

/** How one stored column becomes COPY text. */
export type ColumnForm = 'bigint' | 'double' | 'text' | 'bytea' | 'boolean' | 'convert' | 'skip';

export interface ColumnEncoder {
  form: ColumnForm;
  /** The column is the rowid: stored as NULL, its value is the row's key. */
  isRowid: boolean;
  /** COPY text for rows written before `ALTER TABLE … ADD COLUMN`, which end early; null: they are bad. */
  missing: Buffer | null;
  /** For form `convert`: the text for Postgres, null for NULL, undefined when the value is bad. */
  convert?: (cell: Cell) => string | null | undefined;
}

const FORM = { skip: 0, bigint: 1, double: 2, text: 3, bytea: 4, boolean: 5, convert: 6 } as const;

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const HEX = Buffer.from('0123456789abcdef', 'latin1');
/** Longest form of any number, with room to spare. */
const NUMBER_BYTES_MAX = 32;
/** Letters behind the backslash for the control characters that Postgres escapes, by code. */
const ESCAPES = new Uint8Array(256);
for (const [code, letter] of [
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0b, 'v'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x5c, '\\'],
] as const) {
  ESCAPES[code] = letter.charCodeAt(0);
}

/**
 * Turns SQLite records into the text that Postgres's `COPY … FROM STDIN` reads, and that
 * `COPY … TO STDOUT` writes: the same bytes for the same values, so that both sides can be
 * compared without parsing either.
 * https://www.postgresql.org/docs/current/sql-copy.html, "Text Format"
 */
export class RowText {
  /** Rows so far are in `buffer[0..length)`. */
  buffer: Buffer;
  length = 0;
  readonly #columns: readonly ColumnEncoder[];
  readonly #forms: Uint8Array;
  readonly #fixedBytes: number;

  /** @param columns in the order in which the record stores them */
  constructor(columns: readonly ColumnEncoder[], capacity: number) {
    this.#columns = columns;
    this.#forms = Uint8Array.from(columns, (column) => FORM[column.form]);
    this.#fixedBytes = columns.reduce(
      (sum, column) => sum + Math.max(NUMBER_BYTES_MAX, column.missing?.length ?? 0) + 1,
      0,
    );
    this.buffer = Buffer.allocUnsafe(capacity);
  }

  /** The rows so far, as they lie in the buffer: until the next write. */
  written(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Forgets the rows so far. */
  clear(): void {
    this.length = 0;
  }

  /**
   * Appends the row whose record is `bytes[start..end)`.
   *
   * @returns -1, or the index of the column whose value its form cannot hold; then nothing was
   * appended
   */
  write(bytes: Buffer, start: number, end: number, rowid: number | bigint): number {
    this.#reserve((end - start) * 2 + this.#fixedBytes);
    const forms = this.#forms;
    let out = this.buffer;
    const rowStart = this.length;
    let pos = rowStart;

    let header = start;
    let headerSize = bytes[header++] as number;
    if (headerSize >= 0x80) {
      headerSize = longVarint(bytes, start);
      header = varintEnd;
    }
    const headerEnd = start + headerSize;
    let body = headerEnd;

    for (let column = 0; column < forms.length; column++) {
      const form = forms[column] as number;
      if (header >= headerEnd) {
        if (form === FORM.skip) continue;
        const { missing } = this.#columns[column] as ColumnEncoder;
        if (missing === null) return this.#refuse(rowStart, column);
        out.set(missing, pos);
        pos += missing.length;
        out[pos++] = TAB;
        continue;
      }
      let serial = bytes[header++] as number;
      if (serial >= 0x80) {
        serial = longVarint(bytes, header - 1);
        header = varintEnd;
      }
      const at = body;
      body += serialLength(serial);
      if (form === FORM.skip) continue;

      if (form === FORM.convert) {
        const cell = decodeCell(bytes, at, serial);
        pos = this.#writeConverted(cell, rowid, column, pos, (end - start) * 2);
        if (pos < 0) return this.#refuse(rowStart, column);
        out = this.buffer;
      } else if (serial === 0) {
        if ((this.#columns[column] as ColumnEncoder).isRowid) {
          pos =
            typeof rowid === 'number'
              ? appendInteger(out, pos, rowid)
              : pos + out.write(rowid.toString(), pos, 'latin1');
        } else {
          out[pos++] = BACKSLASH;
          out[pos++] = 0x4e;
        }
      } else if (serial >= 12) {
        if ((serial & 1) === 1) {
          if (form !== FORM.text) return this.#refuse(rowStart, column);
          pos = appendEscaped(out, pos, bytes, at, body);
          if (pos < 0) return this.#refuse(rowStart, column);
        } else {
          if (form !== FORM.bytea) return this.#refuse(rowStart, column);
          pos = appendHex(out, pos, bytes, at, body);
        }
      } else if (form === FORM.bigint) {
        if (serial === 7) return this.#refuse(rowStart, column);
        pos = appendStoredInteger(out, pos, bytes, at, serial);
      } else if (form === FORM.double) {
        pos = appendFloat(out, pos, readNumber(bytes, at, serial));
      } else if (form === FORM.boolean && (serial === 8 || serial === 9)) {
        out[pos++] = serial === 8 ? 0x66 : 0x74;
      } else if (form === FORM.boolean && serial === 1 && (bytes[at] as number) <= 1) {
        out[pos++] = bytes[at] === 0 ? 0x66 : 0x74;
      } else {
        return this.#refuse(rowStart, column);
      }
      out[pos++] = TAB;
    }
    out[pos - 1] = NEWLINE;
    this.length = pos;
    return -1;
  }

  #writeConverted(
    stored: Cell,
    rowid: number | bigint,
    column: number,
    pos: number,
    bytesAhead: number,
  ): number {
    const encoder = this.#columns[column] as ColumnEncoder;
    const isKey = encoder.isRowid && stored.kind === 'null';
    const text = encoder.convert?.(isKey ? { kind: 'integer', value: BigInt(rowid) } : stored);
    if (text === undefined) return -1;
    if (text === null) {
      this.buffer[pos++] = BACKSLASH;
      this.buffer[pos++] = 0x4e;
      return pos;
    }
    const utf8 = Buffer.from(text, 'utf8');
    this.length = pos;
    this.#reserve(utf8.length * 2 + bytesAhead + this.#fixedBytes);
    return appendEscaped(this.buffer, pos, utf8, 0, utf8.length);
  }

  #refuse(rowStart: number, column: number): number {
    this.length = rowStart;
    return column;
  }

  #reserve(bytes: number): void {
    if (this.buffer.length - this.length >= bytes) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** Copies text, escaping as `COPY … TO` does; -1 when it holds a NUL, which Postgres cannot. */
function appendEscaped(out: Buffer, pos: number, bytes: Buffer, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte > 0x0d && byte !== BACKSLASH) {
      out[pos++] = byte;
      continue;
    }
    if (byte === 0) return -1;
    const letter = ESCAPES[byte] as number;
    if (letter === 0) {
      out[pos++] = byte;
    } else {
      out[pos++] = BACKSLASH;
      out[pos++] = letter;
    }
  }
  return pos;
}

function appendHex(out: Buffer, pos: number, bytes: Buffer, at: number, end: number): number {
  out[pos++] = BACKSLASH;
  out[pos++] = BACKSLASH;
  out[pos++] = 0x78;
  for (let i = at; i < end; i++) {
    const byte = bytes[i] as number;
    out[pos++] = HEX[byte >> 4] as number;
    out[pos++] = HEX[byte & 15] as number;
  }
  return pos;
}

function appendStoredInteger(out: Buffer, pos: number, bytes: Buffer, at: number, serial: number) {
  if (serial === 6 && !isSafeInteger(bytes, at)) {
    return pos + out.write(bytes.readBigInt64BE(at).toString(), pos, 'latin1');
  }
  return appendInteger(out, pos, readNumber(bytes, at, serial));
}
