import type { SourceColumn, SourceTable } from '../schema/model.js';

/**
 * The columns that a record of the table holds, in the order of the record: declared order, but
 * key columns first in a WITHOUT ROWID table; virtual columns are computed and not stored.
 * https://www.sqlite.org/fileformat2.html, sections 2.3 and 2.4
 */
export function storedColumns(table: SourceTable): SourceColumn[] {
  const stored = table.columns.filter((column) => column.generated !== 'virtual');
  if (!table.withoutRowid) return stored;
  const key = [...new Set(table.primaryKey.map((name) => name.toLowerCase()))];
  const isKey = (column: SourceColumn) => key.includes(column.name.toLowerCase());
  const keyColumns = key.map((name) => {
    const column = stored.find((each) => each.name.toLowerCase() === name);
    if (column === undefined) throw new Error(`key column ${name} of ${table.name} is not stored`);
    return column;
  });
  return [...keyColumns, ...stored.filter((column) => !isKey(column))];
}
