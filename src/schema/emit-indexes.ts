import type { EmitContext, IndexDdl } from './emit.js';
import { expressionContext, translateCondition, translateIndexed } from './expression.js';
import { quoteIdent } from './identifiers.js';
import { columnOf, folded, foldedColumn, reasonAgainstIndex } from './index-columns.js';
import type { SourceIndex, SourceIndexColumn, TablePlan, Untranslated } from './model.js';

/** The indexes that were made with CREATE INDEX. */
export function emitIndexes(
  table: TablePlan,
  context: EmitContext,
): { indexes: IndexDdl[]; untranslated: Untranslated[] } {
  const indexes: IndexDdl[] = [];
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
    indexes.push({ table: table.targetName, name, sql, unique: index.unique });
  }
  return { indexes, untranslated };
}

function bodyOf(index: SourceIndex, table: TablePlan): { sql: string } | { reason: string } {
  const named = index.columns.flatMap((key) =>
    key.name === null ? [] : (columnOf(key.name, table) ?? []),
  );
  const reason = reasonAgainstIndex(named);
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
  const translated = translateIndexed(key.expressionSql ?? '', expressionContext(table));
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
