import type { SourceSchema, SourceTable } from '../schema/model.js';
import { listRowUnits, type RowUnits } from './btree.js';
import { type ExaminedTable, examineTable, type MissingValues } from './examine-table.js';
import { examineInThread } from './examine-thread.js';
import type { PageFile } from './page-file.js';

/** Below so many pages, starting a thread takes longer than it saves. */
const PAGES_FOR_A_THREAD = 8_192;

/**
 * Reads every value of every table of a snapshot and counts what is there, on two cores when there
 * is enough to read.
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
  const pagesOf = (table: SourceTable) => units.get(table.name)?.pages.length ?? 0;
  const total = schema.tables.reduce((sum, table) => sum + pagesOf(table), 0);
  const onSome = (pages: number) => onPages(pages, total);
  const { here, there } = halves(schema.tables, pagesOf, total);
  const either = new AbortController();
  const both = AbortSignal.any([signal, either.signal]);
  const counted = await Promise.all([
    there.length === 0 ? [] : examineInThread(file.path, there, missing, both, onSome),
    (async () => {
      const found: [string, Omit<ExaminedTable, 'units'>][] = [];
      for (const table of here) {
        found.push([table.name, await examineTable(file, table, missing, both, onSome)]);
      }
      return found;
    })(),
  ]).catch((error: unknown) => {
    either.abort();
    throw error;
  });
  const byName = new Map(counted.flat());
  return new Map(
    schema.tables.map(({ name }) => {
      const found = byName.get(name);
      if (found === undefined) throw new Error(`table ${name} was not examined`);
      return [name, { ...found, units: units.get(name) as RowUnits }];
    }),
  );
}

/** The largest tables first, each to the half that has less so far. */
function halves(
  tables: readonly SourceTable[],
  pagesOf: (table: SourceTable) => number,
  total: number,
) {
  const here: SourceTable[] = [];
  const there: SourceTable[] = [];
  if (total < PAGES_FOR_A_THREAD) return { here: [...tables], there };
  let balance = 0;
  for (const table of [...tables].sort((a, b) => pagesOf(b) - pagesOf(a))) {
    const goesHere = balance <= 0;
    (goesHere ? here : there).push(table);
    balance += goesHere ? pagesOf(table) : -pagesOf(table);
  }
  return { here, there };
}
