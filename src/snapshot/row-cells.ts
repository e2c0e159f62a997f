import type { RowLocator, SourceTable } from '../schema/model.js';
import type { RowUnits } from './btree.js';
import { type Cell, decodeCell, serialLength } from './cell.js';
import { storedColumns } from './layout.js';
import type { PageFile } from './page-file.js';
import { RowScanner } from './scan.js';
import { utf8Of } from './text-encoding.js';

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
  let header = start;
  const varint = () => {
    let value = 0;
    for (;;) {
      const byte = bytes.readUInt8(header++);
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
  };
  const headerEnd = start + varint();
  let body = headerEnd;
  for (const column of storedColumns(table)) {
    if (header >= headerEnd) break;
    const serial = varint();
    const cell = decodeCell(bytes, body, serial);
    body += serialLength(serial);
    if (cell.kind === 'text') cell.bytes = Buffer.from(utf8Of(cell.bytes, encoding));
    const isKey = column.name === table.rowidAlias && cell.kind === 'null';
    row.set(column.name, isKey ? { kind: 'integer', value: BigInt(rowid) } : cell);
  }
  return row;
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

/** `user_id=42, card_id='a1'`, or `rowid=7` where the table declares no key. */
export function keyOf(table: SourceTable, row: RowCells, rowid: number | bigint): string {
  if (table.primaryKey.length === 0) return `rowid=${rowid}`;
  return table.primaryKey
    .map((name) => `${name}=${cellLiteral(row.get(name) ?? { kind: 'null' })}`)
    .join(', ');
}

/** A value as a SQL literal, cut when long: what storage class it has can be seen. */
export function cellLiteral(cell: Cell, bytesMax = 80): string {
  switch (cell.kind) {
    case 'null':
      return 'NULL';
    case 'integer':
      return cell.value.toString();
    case 'real':
      return Number.isInteger(cell.value) ? cell.value.toFixed(1) : String(cell.value);
    case 'blob':
      return `X'${cut(cell.bytes.toString('hex'), bytesMax)}'`;
    case 'text':
      return `'${cut(cell.bytes.toString('utf8'), bytesMax).replaceAll("'", "''")}'`;
  }
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}
