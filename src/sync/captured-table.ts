import type { SourceColumn, SourceTable } from '../schema/model.js';
import { sameName } from '../schema/names.js';

/** A table of the source whose changes are logged. */
export interface CapturedTable {
  /** Names the table in the change logs of both sides: its place in the source's schema. */
  number: number;
  source: SourceTable;
  /** Columns that name a row: unique, and never NULL. */
  key: string[];
}

/** A table of which nobody can say which of its rows has changed. */
export interface Unfollowable {
  table: string;
  reason: string;
}

/** Decides what names a row of each table. */
export function capturedTables(tables: readonly SourceTable[]): {
  captured: CapturedTable[];
  unfollowable: Unfollowable[];
} {
  const captured: CapturedTable[] = [];
  const unfollowable: Unfollowable[] = [];
  for (const [number, source] of tables.entries()) {
    const key = keyOf(source);
    if (key !== null) captured.push({ number, source, key });
    else {
      const reason =
        'it has no primary key, and no unique index over columns that are all NOT NULL and not generated';
      unfollowable.push({ table: source.name, reason });
    }
  }
  return { captured, unfollowable };
}

function keyOf({ columns, indexes, primaryKey, rowidAlias }: SourceTable): string[] | null {
  if (rowidAlias !== null) return [rowidAlias];
  // SQLite lets NULLs into the primary key of a rowid table; the first one that comes stops follow.
  if (primaryKey.length > 0) return primaryKey;
  // A generated one is not copied: each side computes it.
  const isFit = ({ name, notNull, generated }: SourceColumn, indexed: string) =>
    sameName(name, indexed) && notNull && generated === null;
  const canNameRows = (name: string | null): name is string =>
    name !== null && columns.some((column) => isFit(column, name));
  for (const { unique, whereSql, columns: indexed } of indexes) {
    const names = indexed.map(({ name }) => name);
    if (unique && whereSql === null && names.every(canNameRows)) return names;
  }
  return null;
}
