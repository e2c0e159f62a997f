import { statSync } from 'node:fs';
import type { Target } from '../../drivers/postgres.js';
import type { MoveRules } from '../../snapshot/plan-move.js';
import type { PairedTable } from '../../sync/tables/paired-table.js';
import { readTargetCatalog, type TargetCatalog } from '../../sync/tables/target-catalog.js';
import type { Difference, TableComparison, VerifyResult } from '../context.js';
import type { Deps } from '../step.js';
import { compareValues } from './compare-values.js';
import { ComparingThread } from './comparing-thread.js';
import { compareCounts } from './counts.js';
import type { LiveMoment } from './live.js';
import { tableProgress } from './progress.js';
import { closeSides, explainSides, openSides, type Sides, shareMoment } from './sides.js';
import { tablesToCompare } from './tables-to-compare.js';

/** Tables compared at the same time, each by a thread: SQLite works as hard as Postgres does. */
const THREADS = 2;

/** Below so many bytes of snapshot, starting threads takes longer than they save. */
const BYTES_FOR_THREADS = 16 * 1024 * 1024;

export interface VerifyOptions {
  /** A file that nothing writes to. */
  snapshotPath: string;
  target: Target;
  /** What is compared while the target follows; absent when it does not. */
  live?: LiveMoment | undefined;
  rules: MoveRules;
  /** Compare row counts only. */
  counts: boolean;
  /** Names of source tables; all when empty. */
  tables: readonly string[];
  /** Most differences that are named; all are counted. */
  limit: number;
}

/**
 * Compares every value of every table of a snapshot with the target, both at one point in time.
 *
 * @throws CardctlError `source` or `target` when a side cannot be read
 */
export async function verifyTarget(options: VerifyOptions, deps: Deps): Promise<VerifyResult> {
  const { snapshotPath, target, live, rules, tables: chosen, counts, limit } = options;
  const differences: Difference[] = [];
  let differencesTotal = 0;
  const differ = (difference: Difference) => {
    if (live?.isPending(difference) === true) return;
    live?.onDifference(difference);
    differencesTotal++;
    if (differences.length < limit) differences.push(difference);
  };
  const sides = live?.sides ?? (await openSides(snapshotPath, target));
  try {
    const catalog = await readTargetCatalog(sides.client);
    const found = tablesToCompare(sides.source, catalog, { chosen, rules }, differ);
    const tables = found.map((table) => ({ ...table, rowKey: live?.rowKeyOf(table) }));
    const compared = counts
      ? await compareAllCounts(sides, tables, differ)
      : await compareAllValues(sides, tables, catalog, options, deps, differ);
    return { equal: differencesTotal === 0, tables: compared, differences, differencesTotal };
  } catch (error) {
    throw deps.signal.aborted ? error : explainSides(target, error);
  } finally {
    await closeSides(sides);
  }
}

async function compareAllCounts(
  sides: Sides,
  tables: readonly PairedTable[],
  differ: (difference: Difference) => void,
): Promise<TableComparison[]> {
  const compared: TableComparison[] = [];
  for (const table of tables) compared.push(await compareCounts(sides, table, differ));
  return compared;
}

/** @param tables the largest first, so that no thread is left alone with it at the end */
async function compareAllValues(
  sides: Sides,
  tables: readonly PairedTable[],
  catalog: TargetCatalog,
  { snapshotPath, target }: VerifyOptions,
  { report, signal }: Deps,
  onDifference: (difference: Difference) => void,
): Promise<TableComparison[]> {
  const eventsOf = ({ targetName }: PairedTable) => ({
    onRows: tableProgress(report, targetName, catalog.rowsOf(targetName)),
    onDifference,
  });
  const waiting = [...tables];
  const compared: TableComparison[] = [];
  const work = async (compare: (table: PairedTable) => Promise<TableComparison>) => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      signal.throwIfAborted();
      compared.push(await compare(table));
    }
  };
  if (statSync(snapshotPath).size < BYTES_FOR_THREADS) {
    await work((table) => compareValues(sides, table, eventsOf(table)));
    return compared;
  }
  const moment = await shareMoment(sides.client);
  const threads = Array.from(
    { length: THREADS },
    () => new ComparingThread({ snapshotPath, targetUrl: target.url, moment }),
  );
  try {
    await Promise.all(
      threads.map((thread) => work((table) => thread.compare(table, eventsOf(table), signal))),
    );
    return compared;
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}
