import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ColumnCensus, SourceSchema, SourceTable } from '../schema/model.js';
import type { RowUnits } from './btree.js';
import type { CountedAhead } from './counted-ahead.js';
import { CountingThread } from './counting-thread.js';
import { storedColumns } from './layout.js';
import { mergeCensus } from './merge-census.js';
import type { PageFile } from './page-file.js';
import {
  countStretch,
  type MissingValues,
  type Stretch,
  type StretchCount,
  stretchesOf,
  stretchLength,
  unitsOfTables,
} from './stretch.js';
import { queueMemory, StretchQueue } from './stretch-queue.js';

/** Below so many pages, starting a thread takes longer than it saves. */
const PAGES_FOR_A_THREAD = 8_192;

/** One table, read once from its first row to its last. */
export interface ExaminedTable {
  rows: number;
  units: RowUnits;
  /** By column name; virtual columns, which are not stored, are absent. */
  census: Map<string, ColumnCensus>;
}

export interface ExamineOptions {
  signal: AbortSignal;
  /** Told how many pages were read since the last call, and how many there are in all. */
  onPages?: ((pages: number, total: number) => void) | undefined;
  /** What was counted while the snapshot was being made, and is not counted again. */
  ahead?: CountedAhead | undefined;
  /** Units that are counted in one go; by default a small part of the file. */
  stretchLength?: number | undefined;
}

/**
 * Reads every value of every table of a snapshot and counts what is there, on two cores when there
 * is enough to read.
 *
 * @throws CardctlError `source` when the file breaks SQLite's format
 */
export async function examineSnapshot(
  file: PageFile,
  schema: SourceSchema,
  missing: MissingValues,
  { signal, onPages = () => {}, ahead, ...options }: ExamineOptions,
): Promise<Map<string, ExaminedTable>> {
  const units = unitsOfTables(file, schema);
  const total = [...units.values()].reduce((sum, { pages }) => sum + pages.length, 0);
  const length = ahead?.stretchLength ?? options.stretchLength ?? stretchLength(total);
  const stretches = stretchesOf(schema.tables, units, missing, length);
  const counts = new Map<Stretch, StretchCount>();
  const onCounted = (stretch: Stretch, count: StretchCount) => {
    counts.set(stretch, count);
    onPages(stretch.units.pages.length, total);
  };
  const left = stretches.filter((stretch) => {
    const count = ahead?.countOf(stretch);
    if (count !== undefined) onCounted(stretch, count);
    return count === undefined;
  });
  await countAll(file, left, signal, onCounted);
  return new Map(
    schema.tables.map((table) => {
      const own = stretches.filter((stretch) => stretch.table === table.name);
      return [table.name, examinedTable(table, units.get(table.name) as RowUnits, own, counts)];
    }),
  );
}

/** Counts stretches here and, when it pays, in a thread: each takes the next one when it is free. */
async function countAll(
  file: PageFile,
  stretches: readonly Stretch[],
  signal: AbortSignal,
  onCounted: (stretch: Stretch, count: StretchCount) => void,
): Promise<void> {
  const memory = queueMemory();
  const pages = stretches.reduce((sum, { units }) => sum + units.pages.length, 0);
  const thread =
    pages < PAGES_FOR_A_THREAD
      ? undefined
      : new CountingThread({ path: file.path, stretches, queue: memory }, (number, count) =>
          onCounted(stretches[number] as Stretch, count),
        );
  try {
    const queue = new StretchQueue(memory, stretches);
    for (let number = queue.take(); number !== null; number = queue.take()) {
      signal.throwIfAborted();
      const stretch = stretches[number] as Stretch;
      onCounted(stretch, countStretch(file, stretch));
      await nextTurn();
    }
    await thread?.ended;
    signal.throwIfAborted();
  } finally {
    await thread?.close();
  }
}

function examinedTable(
  table: SourceTable,
  units: RowUnits,
  stretches: readonly Stretch[],
  counts: ReadonlyMap<Stretch, StretchCount>,
): ExaminedTable {
  const counted = stretches.map((stretch) => {
    const count = counts.get(stretch);
    if (count === undefined) throw new Error(`some of table ${table.name} was not counted`);
    return { from: stretch.from, ...count };
  });
  return {
    rows: counted.reduce((sum, { rows }) => sum + rows, 0),
    units,
    census: new Map(
      storedColumns(table).map(({ name }, i) => [
        name,
        mergeCensus(
          counted.map(({ from, columns }) => ({ from, census: columns[i] as ColumnCensus })),
        ),
      ]),
    ),
  };
}
