import { evaluateDefault } from '../drivers/sqlite-scratch.js';
import type { SourceColumn, SourceSchema } from '../schema/model.js';
import type { Cell } from './cell.js';
import type { MissingValues } from './stretch.js';

/**
 * Values of columns in rows that were written before `ALTER TABLE … ADD COLUMN`: SQLite does not
 * rewrite those rows, they end early, and the column's default stands in.
 */
export function missingValues(schema: SourceSchema): MissingValues {
  return new Map(
    schema.tables.map((table) => [
      table.name,
      new Map(
        table.columns
          .filter(hasDefault)
          .map((column) => [column.name, defaultCell(column, table.strict)]),
      ),
    ]),
  );
}

function hasDefault(column: SourceColumn): boolean {
  return column.defaultSql !== null && column.generated === null;
}

function defaultCell(column: SourceColumn, strict: boolean): Cell {
  // ANY keeps values as they are in a STRICT table alone; elsewhere it is a name like any other.
  const keepsAll = strict && column.declaredType.toUpperCase() === 'ANY';
  const value = evaluateDefault(keepsAll ? '' : column.declaredType, column.defaultSql ?? 'NULL');
  if (value === null) return { kind: 'null' };
  if (typeof value === 'bigint') return { kind: 'integer', value };
  if (typeof value === 'number') return { kind: 'real', value };
  if (typeof value === 'string') return { kind: 'text', bytes: Buffer.from(value, 'utf8') };
  return { kind: 'blob', bytes: value };
}
