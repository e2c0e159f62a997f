import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ColumnCensus, SourceSchema } from '../schema/model.js';
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

/**
 * Reads every value of every table of a snapshot and counts what is there.
 *
 * @param onPages told how many pages were read since the last call, and how many there are in all
 * @throws CardctlError `source` when the file breaks SQLite's format
 */
export async function examineSnapshot(
  file: PageFile,
  schema: SourceSchema,
  missing: MissingValues,
  signal: AbortSignal,
  onPages: (pages: number, total: number) => void = () => {},
): Promise<Map<string, ExaminedTable>> {
  const units = new Map(
    schema.tables.map((table) => [table.name, listRowUnits(file, table.rootPage)]),
  );
  const total = [...units.values()].reduce((sum, each) => sum + each.pages.length, 0);
  const examined = new Map<string, ExaminedTable>();
  for (const table of schema.tables) {
    const tableUnits = units.get(table.name) as RowUnits;
    const stored = storedColumns(table);
    const defaults = missing.get(table.name);
    const census = new TableCensus(
      file,
      tableUnits,
      stored.map((column) => ({
        isRowid: column.name === table.rowidAlias,
        missing: defaults?.get(column.name) ?? { kind: 'null' },
      })),
    );
    const pages = tableUnits.pages.length;
    for (let unit = 0; unit < pages; unit += UNITS_PER_TURN) {
      signal.throwIfAborted();
      const to = Math.min(unit + UNITS_PER_TURN, pages);
      census.count(unit, to);
      onPages(to - unit, total);
      await nextTurn();
    }
    const results = census.result();
    examined.set(table.name, {
      rows: census.rows,
      units: tableUnits,
      census: new Map(
        stored.flatMap((column, i) => {
          const result = results[i];
          return result === undefined ? [] : [[column.name, result] as const];
        }),
      ),
    });
  }
  return examined;
}
