import { isUtf8 } from 'node:buffer';
import { converterFor } from '../schema/convert.js';
import type { ColumnPlan, TablePlan } from '../schema/model.js';
import type { Cell } from './cell.js';
import { storedColumns } from './layout.js';
import type { PageFile } from './page-file.js';
import { type ColumnEncoder, type ColumnForm, RowText } from './row-text.js';
import { utf8Of } from './text-encoding.js';

/** How the rows of one table become COPY text, and which columns that text has, in order. */
export interface TableEncoding {
  encoders: ColumnEncoder[];
  /** Target names of the columns that are written, in the order of the text. */
  columns: string[];
  /** Source names of all stored columns, in the order of the record. */
  stored: string[];
  /** Some column needs more than its natural form: values can turn out bad one by one. */
  converts: boolean;
}

/**
 * Plans the COPY text of a table.
 *
 * @param missing values of columns in rows written before `ALTER TABLE … ADD COLUMN`, by name
 * @param notUtf8 names of columns in which some text is not UTF-8: there every text is looked at
 */
export function encodingOf(
  plan: TablePlan,
  encoding: PageFile['encoding'],
  missing: ReadonlyMap<string, Cell>,
  notUtf8: ReadonlySet<string>,
): TableEncoding {
  const planned = new Map(plan.columns.map((column) => [column.source.name, column]));
  const stored = storedColumns(plan.source).map((source) => {
    const column = planned.get(source.name);
    if (column === undefined) throw new Error(`no plan for ${plan.source.name}.${source.name}`);
    return column;
  });
  const encoders = stored.map((column) => {
    const { name } = column.source;
    const form = formOf(column, encoding, notUtf8.has(name));
    // Not read from the file, so not in its encoding.
    const atHome = formOf(column, 'utf8', false);
    return encoderOf(column, plan, form, missingText(atHome, missing.get(name)));
  });
  return {
    encoders,
    columns: stored.filter((each) => each.source.generated === null).map((each) => each.targetName),
    stored: stored.map((each) => each.source.name),
    converts: encoders.some((encoder) => encoder.form === 'convert'),
  };
}

function encoderOf(
  column: ColumnPlan,
  table: TablePlan,
  form: Pick<ColumnEncoder, 'form' | 'convert'>,
  missing: Buffer | null,
): ColumnEncoder {
  const isRowid = column.source.name === table.source.rowidAlias;
  if (column.source.generated !== null) return { form: 'skip', isRowid, missing: null };
  return { ...form, isRowid, missing };
}

function formOf(
  column: ColumnPlan,
  encoding: PageFile['encoding'],
  checkUtf8: boolean,
): Pick<ColumnEncoder, 'form' | 'convert'> {
  const convert = converterFor(column);
  if (convert !== null)
    return { form: 'convert', convert: (cell) => convert(inUtf8(cell, encoding)) };
  const form = NATURAL_FORMS[column.type];
  if (form === undefined) throw new Error(`type ${column.type} has no natural form`);
  if (form === 'text' && (checkUtf8 || encoding !== 'utf8')) {
    return { form: 'convert', convert: (cell) => textOf(inUtf8(cell, encoding)) };
  }
  return { form };
}

const NATURAL_FORMS: Partial<Record<ColumnPlan['type'], ColumnForm>> = {
  bigint: 'bigint',
  'double precision': 'double',
  text: 'text',
  bytea: 'bytea',
  boolean: 'boolean',
};

function textOf(cell: Cell): string | null | undefined {
  if (cell.kind === 'null') return null;
  return cell.kind === 'text' && isUtf8(cell.bytes) ? cell.bytes.toString('utf8') : undefined;
}

function inUtf8(cell: Cell, encoding: PageFile['encoding']): Cell {
  return cell.kind === 'text' ? { kind: 'text', bytes: utf8Of(cell.bytes, encoding) } : cell;
}

/** The COPY text of one value, that of a row which has it as its only column; null: it does not fit. */
function missingText(
  form: Pick<ColumnEncoder, 'form' | 'convert'>,
  cell: Cell = { kind: 'null' },
): Buffer | null {
  const { serial, body } = recordPart(cell);
  const row = new RowText([{ ...form, isRowid: false, missing: null }], 64);
  const header = varint(serial);
  const record = Buffer.concat([Buffer.from([header.length + 1]), header, body]);
  return row.write(record, 0, record.length, 0) === -1 ? row.written().subarray(0, -1) : null;
}

function recordPart(cell: Cell): { serial: number; body: Buffer } {
  const body = Buffer.alloc(8);
  switch (cell.kind) {
    case 'null':
      return { serial: 0, body: Buffer.alloc(0) };
    case 'integer':
      // 0 and 1 as every file of today stores them: a boolean is written in no other way.
      if (cell.value === 0n || cell.value === 1n) {
        return { serial: Number(8n + cell.value), body: Buffer.alloc(0) };
      }
      body.writeBigInt64BE(cell.value);
      return { serial: 6, body };
    case 'real':
      body.writeDoubleBE(cell.value);
      return { serial: 7, body };
    case 'text':
      return { serial: cell.bytes.length * 2 + 13, body: cell.bytes };
    case 'blob':
      return { serial: cell.bytes.length * 2 + 12, body: cell.bytes };
  }
}

function varint(value: number): Buffer {
  const bytes = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest & 0x7f) | 0x80);
  }
  return Buffer.from(bytes);
}
