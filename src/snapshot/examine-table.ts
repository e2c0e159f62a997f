import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ColumnCensus, SourceTable } from '../schema/model.js';
import { listRowUnits, type RowUnits } from './btree.js';
import type { Cell } from './cell.js';
import { TableCensus } from './census.js';
import { storedColumns } from './layout.js';
import type { PageFile } from './page-file.js';

const UNITS_PER_TURN = 128;

/** One table, read once from its first row to its last. */
export interface ExaminedTable {
  rows: number;
  units: RowUnits;
  /** By column name; virtual columns, which are not stored, are absent. */
  census: Map<string, ColumnCensus>;
}

/** Values of columns in rows that were written before the column was added: by table, by column. */
export type MissingValues = ReadonlyMap<string, ReadonlyMap<string, Cell>>;

/** Reads every value of one table, giving others a turn as it goes. */
export async function examineTable(
  file: PageFile,
  table: SourceTable,
  missing: MissingValues,
  signal: AbortSignal,
  onPages: (pages: number) => void,
): Promise<Omit<ExaminedTable, 'units'>> {
  const stored = storedColumns(table);
  const defaults = missing.get(table.name);
  const units = listRowUnits(file, table.rootPage);
  const census = new TableCensus(
    file,
    units,
    stored.map((column) => ({
      isRowid: column.name === table.rowidAlias,
      missing: defaults?.get(column.name) ?? { kind: 'null' },
    })),
  );
  const pages = units.pages.length;
  for (let unit = 0; unit < pages; unit += UNITS_PER_TURN) {
    signal.throwIfAborted();
    const to = Math.min(unit + UNITS_PER_TURN, pages);
    census.count(unit, to);
    onPages(to - unit);
    await nextTurn();
  }
  const results = census.result();
  return {
    rows: census.rows,
    census: new Map(
      stored.flatMap((column, i) => {
        const result = results[i];
        return result === undefined ? [] : [[column.name, result] as const];
      }),
    ),
  };
}
