import { converterFor } from '../schema/convert.js';
import { sameName } from '../schema/names.js';
import type { CapturedTable, Unfollowable } from './captured-table.js';
import type { PairedColumn, PairedTable } from './tables/paired-table.js';

/** A table whose changes are applied to its twin on the other side. */
export interface FollowedTable {
  /** As in `CapturedTable`. */
  number: number;
  table: PairedTable;
  /** What names a row on both sides. */
  key: PairedColumn[];
  /** What is copied: all but generated columns, which each side computes itself. */
  columns: PairedColumn[];
}

/** Joins what is captured with what it became in the target. */
export function followedTable(
  { number, source, key: names }: CapturedTable,
  table: PairedTable,
): FollowedTable | Unfollowable {
  const unfollowable = (reason: string) => ({ table: source.name, reason });
  const key = names.flatMap((name) =>
    table.columns.filter(({ plan }) => sameName(plan.source.name, name)),
  );
  if (key.length !== names.length) return unfollowable('a column of its key is not in the target');
  const converted = key.find(({ plan }) => converterFor(plan) !== null);
  if (converted !== undefined) {
    const { source: column, type } = converted.plan;
    return unfollowable(`${column.name} of its key became ${type}: the two sides write it apart`);
  }
  const columns = table.columns.filter(({ plan }) => plan.source.generated === null);
  return { number, table, key, columns };
}
