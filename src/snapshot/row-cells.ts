import { sqliteText } from '../schema/literals.js';
import type { RowLocator, SourceTable } from '../schema/model.js';
import { realText } from '../schema/values/number-text.js';
import type { RowUnits } from './btree.js';
import { type Cell, decodeCell, serialLength } from './cell.js';
import { storedColumns } from './layout.js';
import type { PageFile } from './page-file.js';
import { RowScanner } from './scan.js';
import { utf8Of } from './text-encoding.js';
import { longVarint, varintEnd } from './varint.js';

/** A row by column name, as stored; columns that the record is too short for are absent. */
export type RowCells = Map<string, Cell>;

/** Decodes a whole record: for the few rows that are shown to a person, not for the many. */
export function decodeRow(
  table: SourceTable,
  encoding: PageFile['encoding'],
  bytes: Buffer,
  start: number,
  rowid: number | bigint,
): RowCells {
  const row: RowCells = new Map();
  const headerEnd = start + longVarint(bytes, start);
  let header = varintEnd;
  let body = headerEnd;
  for (const column of storedColumns(table)) {
    if (header >= headerEnd) break;
    const serial = longVarint(bytes, header);
    header = varintEnd;
    const cell = decodeCell(bytes, body, serial);
    body += serialLength(serial);
    if (cell.kind === 'text') cell.bytes = Buffer.from(utf8Of(cell.bytes, encoding));
    const isKey = column.name === table.rowidAlias && cell.kind === 'null';
    row.set(column.name, isKey ? { kind: 'integer', value: BigInt(rowid) } : cell);
  }
  return row;
}

/** A value as it is stored: what a row can be written again from. */
export interface StoredValue {
  class: Cell['kind'];
  sql: string;
  /** The bytes of text, in the encoding of its database, and of blobs. */
  hex?: string;
}

/** The values of a row that is left out of the target, by column name. */
export function storedValues(
  table: SourceTable,
  encoding: PageFile['encoding'],
  bytes: Buffer,
  start: number,
  rowid: number | bigint,
): Record<string, StoredValue> {
  // As UTF-8 no text is decoded: the cells keep the bytes that are there.
  const cells = [...decodeRow(table, 'utf8', bytes, start, rowid)];
  return Object.fromEntries(cells.map(([name, cell]) => [name, storedValue(cell, encoding)]));
}

function storedValue(cell: Cell, encoding: PageFile['encoding']): StoredValue {
  const sql =
    cell.kind === 'text'
      ? sqliteText(utf8Of(cell.bytes, encoding), cell.bytes)
      : cellLiteral(cell, Infinity);
  return {
    class: cell.kind,
    sql,
    ...('bytes' in cell ? { hex: cell.bytes.toString('hex') } : {}),
  };
}

/** The keys of rows that a pass over the table noted, as an operator would write them. */
export function keysAt(
  file: PageFile,
  units: RowUnits,
  table: SourceTable,
  locators: readonly RowLocator[],
): string[] {
  const scanner = new RowScanner(file);
  return locators.map((locator) => {
    let key = '';
    scanner.scan(units, locator.unit, locator.unit + 1, (bytes, start, _end, rowid) => {
      if (scanner.row !== locator.row) return;
      key = keyOf(table, decodeRow(table, file.encoding, bytes, start, rowid), rowid);
    });
    return key;
  });
}

/** How many rows have a NULL in their primary key, and the first of them. */
export function rowsWithoutKey(
  file: PageFile,
  units: RowUnits,
  table: SourceTable,
): { count: number; keys: string[] } {
  const found = { count: 0, keys: [] as string[] };
  new RowScanner(file).scan(units, 0, units.pages.length, (bytes, start, _end, rowid) => {
    const row = decodeRow(table, file.encoding, bytes, start, rowid);
    if (!table.primaryKey.some((name) => (row.get(name) ?? NULL).kind === 'null')) return;
    found.count++;
    if (found.keys.length < KEYS_MAX) found.keys.push(keyOf(table, row, rowid));
  });
  return found;
}

const KEYS_MAX = 10;

/** `user_id=42, card_id='a1'`, or `rowid=7` where the row has no key or a NULL in it. */
export function keyOf(table: SourceTable, row: RowCells, rowid: number | bigint): string {
  const key = table.primaryKey.map((name) => [name, row.get(name) ?? NULL] as const);
  if (key.length === 0 || key.some(([, cell]) => cell.kind === 'null')) return `rowid=${rowid}`;
  return key.map(([name, cell]) => `${name}=${cellLiteral(cell)}`).join(', ');
}

const NULL: Cell = { kind: 'null' };

/** A value as SQLite would have it written, cut when long: its storage class can be seen. */
function cellLiteral(cell: Cell, bytesMax = 80): string {
  switch (cell.kind) {
    case 'null':
      return 'NULL';
    case 'integer':
      return cell.value.toString();
    case 'real':
      if (!Number.isFinite(cell.value)) return cell.value > 0 ? '9e999' : '-9e999';
      return realText(cell.value);
    case 'blob':
      return cut(`X'${cell.bytes.toString('hex')}'`, bytesMax);
    case 'text':
      return cut(sqliteText(cell.bytes), bytesMax);
  }
}

/** The closing quote stays, so that what follows does not look like part of it. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…${text.slice(-1)}`;
}
