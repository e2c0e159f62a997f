import { expressionContext } from '../expression/context.js';
import { translateCondition, translateExpression } from '../expression.js';
import { folded } from '../folding.js';
import { quoteIdent } from '../identifiers.js';
import type {
  ColumnPlan,
  SourceIndex,
  SourceIndexColumn,
  TablePlan,
  Untranslated,
} from '../model.js';
import { columnOf } from '../planned-columns.js';
import { foldedColumn, isFolded, reasonAgainstIndex } from './index-columns.js';
import type { EmitContext, IndexDdl, UniqueColumns } from './target-ddl.js';

/** The indexes that were made with CREATE INDEX. */
export function emitIndexes(
  table: TablePlan,
  context: EmitContext,
): { indexes: (IndexDdl & UniqueColumns)[]; untranslated: Untranslated[] } {
  const indexes: (IndexDdl & UniqueColumns)[] = [];
  const untranslated: Untranslated[] = [];
  for (const index of table.source.indexes.filter(({ origin }) => origin === 'create')) {
    const name = context.names.index(index.name);
    const body = bodyOf(index, table);
    if ('reason' in body) {
      const what = index.unique ? 'unique index' : 'index';
      const { reason } = body;
      untranslated.push({ table: table.source.name, what, name, sql: textOf(index), reason });
      continue;
    }
    const create = index.unique ? 'CREATE UNIQUE INDEX' : 'CREATE INDEX';
    const sql = `${create} ${quoteIdent(name)} ON ${context.qualified(table.targetName)} ${body.sql}`;
    const columns = uniqueColumns(index, table);
    indexes.push({ table: table.targetName, name, sql, unique: index.unique, columns });
  }
  return { indexes, untranslated };
}

/** A foreign key needs a unique index over all rows, of plain columns. */
function uniqueColumns(index: SourceIndex, table: TablePlan): string[] {
  const isPlain =
    index.unique &&
    index.whereSql === null &&
    index.columns.every((key) => key.name !== null && !isFolded(key, table));
  return isPlain ? plannedColumns(index, table).map((column) => column.targetName) : [];
}

function plannedColumns({ columns }: SourceIndex, table: TablePlan): ColumnPlan[] {
  return columns.flatMap((key) => (key.name === null ? [] : (columnOf(key.name, table) ?? [])));
}

function bodyOf(index: SourceIndex, table: TablePlan): { sql: string } | { reason: string } {
  const reason = reasonAgainstIndex(plannedColumns(index, table));
  if (reason !== null) return { reason };
  const keys: string[] = [];
  const order = ordersAsInSqlite(index);
  for (const key of index.columns) {
    const translated = keyOf(key, table);
    if ('reason' in translated) return translated;
    keys.push(translated.sql + orderOf(key, table, order));
  }
  if (index.whereSql === null) return { sql: `(${keys.join(', ')})` };
  const where = translateCondition(index.whereSql, expressionContext(table));
  if ('reason' in where) return where;
  return { sql: `(${keys.join(', ')}) WHERE ${where.sql}` };
}

function keyOf(key: SourceIndexColumn, table: TablePlan): { sql: string } | { reason: string } {
  if (!['BINARY', 'NOCASE', 'RTRIM'].includes(key.collation)) {
    return { reason: `the collation ${key.collation} is the application's own` };
  }
  if (key.name !== null) return { sql: foldedColumn(key, table) };
  const translated = translateExpression(key.expressionSql ?? '', expressionContext(table));
  if ('reason' in translated) return translated;
  const sql = translated.type === 'text' ? folded(translated.sql, key.collation) : translated.sql;
  return { sql: `(${sql})` };
}

/**
 * SQLite sorts NULLs as the smallest value, Postgres as the largest. An index changes no answer,
 * it only serves an ORDER BY of the same order. One column, or all ascending: Postgres's order, for
 * queries that say nothing of NULLs. Several columns with one descending were made for one
 * particular ORDER BY: SQLite's order, for the query that wants the same answer as before.
 */
function ordersAsInSqlite({ columns }: SourceIndex): boolean {
  return columns.length > 1 && columns.some((key) => key.descending);
}

function orderOf(key: SourceIndexColumn, table: TablePlan, asInSqlite: boolean): string {
  const direction = key.descending ? ' DESC' : '';
  const column = key.name === null ? undefined : columnOf(key.name, table);
  if (!asInSqlite || column?.source.notNull === true) return direction;
  return `${direction} NULLS ${key.descending ? 'LAST' : 'FIRST'}`;
}

function textOf({ columns, whereSql }: SourceIndex): string {
  const keys = columns.map((key) => key.name ?? key.expressionSql ?? '').join(', ');
  return whereSql === null ? `(${keys})` : `(${keys}) WHERE ${whereSql}`;
}
