import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RowLocator } from '../schema/model.js';
import type { RowUnits } from './btree.js';
import type { TableEncoding } from './encoders.js';
import type { PageFile } from './page-file.js';
import { RowText } from './row-text.js';
import { RowScanner } from './scan.js';

const UNITS_PER_TURN = 64;

/** A row that its columns' types cannot hold. `bytes` is valid only during the call. */
export interface BadRow {
  /** Index of the first offending column, in the order of the record. */
  column: number;
  locator: RowLocator;
  bytes: Buffer;
  start: number;
  rowid: number | bigint;
}

/**
 * Turns every row of a table into COPY text and throws the text away: what the copy would do, by
 * the copy's own code, before the target is touched.
 *
 * @returns how many rows do not fit
 */
export async function rehearse(
  file: PageFile,
  units: RowUnits,
  encoding: TableEncoding,
  signal: AbortSignal,
  onBadRow: (row: BadRow) => void,
): Promise<number> {
  const scanner = new RowScanner(file);
  const text = new RowText(encoding.encoders, 64 * 1024);
  let bad = 0;
  for (let unit = 0; unit < units.pages.length; unit += UNITS_PER_TURN) {
    signal.throwIfAborted();
    const to = Math.min(unit + UNITS_PER_TURN, units.pages.length);
    scanner.scan(units, unit, to, (bytes, start, end, rowid) => {
      const column = text.write(bytes, start, end, rowid);
      text.length = 0;
      if (column === -1) return;
      bad++;
      onBadRow({ column, bytes, start, rowid, locator: { unit: scanner.unit, row: scanner.row } });
    });
    await nextTurn();
  }
  return bad;
}
