import type { Target } from '../../drivers/postgres.js';
import type { MoveRules } from '../../snapshot/plan-move.js';
import type { Difference, TableComparison, VerifyResult } from '../context.js';
import type { Deps } from '../step.js';
import { compareCounts, compareValues } from './compare-pair.js';
import { type SidePair, withSidePairs } from './side-pairs.js';
import { tablesToCompare } from './tables-to-compare.js';
import { readTargetCatalog } from './target-catalog.js';

export interface VerifyOptions {
  /** A file that nothing writes to. */
  snapshotPath: string;
  target: Target;
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
  return withSidePairs(options.snapshotPath, options.target, deps.signal, (pairs) =>
    compareAll(pairs, options, deps),
  );
}

async function compareAll(
  pairs: readonly [SidePair, ...SidePair[]],
  { rules, tables: chosen, counts, limit }: VerifyOptions,
  deps: Deps,
): Promise<VerifyResult> {
  const differences: Difference[] = [];
  let differencesTotal = 0;
  const differ = (difference: Difference) => {
    differencesTotal++;
    if (differences.length < limit) differences.push(difference);
  };
  const [{ source, client }] = pairs;
  const catalog = await readTargetCatalog(client);
  // The largest is first, so that neither pair is left alone with it at the end.
  const waiting = tablesToCompare(source, catalog, { chosen, rules }, differ);
  const tables: TableComparison[] = [];
  const compare = counts ? compareCounts : compareValues;
  const compareNext = async (pair: SidePair) => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      tables.push(await compare(pair, table, deps, differ));
    }
  };
  await Promise.all(pairs.map(compareNext));
  return { equal: differencesTotal === 0, tables, differences, differencesTotal };
}
