import type Database from 'better-sqlite3';
import type { SourceForeignKey, SourceTable } from '../model.js';
import { sameName } from '../names.js';

interface ListedForeignKey {
  id: bigint;
  parent: string;
  child: string;
  /** Null when the DDL leaves the parent's columns out. */
  column: string | null;
  onUpdate: string;
  onDelete: string;
}

/**
 * The foreign keys of a table in the order of its text.
 *
 * @param deferred for each of them, in that order: is it checked at commit?
 */
export function readForeignKeys(
  db: Database.Database,
  table: string,
  deferred: readonly boolean[],
): SourceForeignKey[] {
  const listed = db
    .prepare(
      `SELECT id, "table" AS parent, "from" AS child, "to" AS "column",
              on_update AS onUpdate, on_delete AS onDelete
       FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq`,
    )
    .safeIntegers(true)
    .all(table) as ListedForeignKey[];
  const ids = [...new Set(listed.map((row) => row.id))];
  return ids.map((id, i) => {
    const rows = listed.filter((row) => row.id === id);
    const [first] = rows as [ListedForeignKey, ...ListedForeignKey[]];
    return {
      columns: rows.map((row) => row.child),
      parentTable: first.parent,
      parentColumns: rows.flatMap((row) => (row.column === null ? [] : [row.column])),
      onUpdate: first.onUpdate,
      onDelete: first.onDelete,
      deferred: deferred[i] ?? false,
    };
  });
}

/**
 * Gives every parent table and column the name it was declared with, and columns that were left
 * out those of the parent's primary key. A parent that is not there stays as it was written.
 */
export function resolveForeignKeys(tables: readonly SourceTable[]): void {
  for (const table of tables) {
    for (const key of table.foreignKeys) {
      const parent = tables.find((each) => sameName(each.name, key.parentTable));
      if (parent === undefined) continue;
      key.parentTable = parent.name;
      if (key.parentColumns.length === 0) key.parentColumns = [...parent.primaryKey];
      key.parentColumns = key.parentColumns.map(
        (name) => parent.columns.find((column) => sameName(column.name, name))?.name ?? name,
      );
    }
  }
}
