import type { ColumnCensus, SourceSchema, SourceTable } from '../schema/model.js';
import { listRowUnits, type RowUnits } from './btree.js';
import type { Cell } from './cell.js';
import { type CensusColumn, TableCensus } from './census.js';
import { storedColumns } from './layout.js';
import type { PageFile } from './page-file.js';

/** Stretches that a large file is divided into, about: what is counted is kept until all of it is. */
const STRETCHES = 256;

/** Below so many units, handing out a stretch takes longer than counting it. */
const UNITS_MIN = 512;

/** Values of columns in rows that were written before the column was added: by table, by column. */
export type MissingValues = ReadonlyMap<string, ReadonlyMap<string, Cell>>;

/** Part of a table that is counted on its own, by whoever is free. */
export interface Stretch {
  table: string;
  /** Of all units of the table, the number of the first one here. */
  from: number;
  units: RowUnits;
  /** The stored columns, in the order of the record. */
  columns: readonly CensusColumn[];
}

/** What a stretch holds: it follows from the pages of its units alone, unless rows spill over. */
export interface StretchCount {
  rows: number;
  /** In the order of the record; places are relative to the stretch. */
  columns: ColumnCensus[];
  /** Rows run on in pages that the stretch does not name. */
  spills: boolean;
}

/** The units of each table, by name. */
export function unitsOfTables(file: PageFile, schema: SourceSchema): Map<string, RowUnits> {
  return new Map(schema.tables.map(({ name, rootPage }) => [name, listRowUnits(file, rootPage)]));
}

/** How many units a stretch has when all tables together have `total`. */
export function stretchLength(total: number): number {
  return Math.max(UNITS_MIN, Math.ceil(total / STRETCHES));
}

/** Divides tables into stretches of `length` units; the last one of a table may be shorter. */
export function stretchesOf(
  tables: readonly SourceTable[],
  units: ReadonlyMap<string, RowUnits>,
  missing: MissingValues,
  length: number,
): Stretch[] {
  return tables.flatMap((table) => {
    const all = units.get(table.name);
    if (all === undefined) throw new Error(`the units of ${table.name} were not listed`);
    const columns = censusColumns(table, missing);
    const starts = Array.from(
      { length: Math.ceil(all.pages.length / length) },
      (_, number) => number * length,
    );
    return starts.map((from) => ({
      table: table.name,
      from,
      units: {
        pages: all.pages.slice(from, from + length),
        cells: all.cells.slice(from, from + length),
      },
      columns,
    }));
  });
}

function censusColumns(table: SourceTable, missing: MissingValues): CensusColumn[] {
  const defaults = missing.get(table.name);
  return storedColumns(table).map((column) => ({
    isRowid: column.name === table.rowidAlias,
    missing: defaults?.get(column.name) ?? { kind: 'null' },
  }));
}

/**
 * Reads every value of a stretch.
 *
 * @throws CardctlError `source` when a page breaks the file format
 */
export function countStretch(file: PageFile, { units, columns }: Stretch): StretchCount {
  const census = new TableCensus(file, units, columns);
  census.count(0, units.pages.length);
  return { rows: census.rows, columns: census.result(), spills: census.spills };
}
