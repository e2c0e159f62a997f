import type {
  SourceColumn,
  SourceIndex,
  SourceIndexColumn,
  SourceTable,
} from '../../schema/model.js';
import { sameName } from '../../schema/names.js';
import { tokenize } from '../../schema/tokens.js';
import type { CapturedTable } from '../captured-table.js';
import { sqliteIdent } from '../tables/source-line.js';

/**
 * Conditions, one for each unique index, that pick the rows of the table which a new row would
 * push out under OR REPLACE: SQLite fires no DELETE trigger for these, unless the writer's
 * connection asked for recursive triggers.
 *
 * Such a row may well stay, when the statement turns out to be an OR IGNORE or an upsert: then it
 * was looked at again for nothing. The expressions stand as the index has them, so that SQLite
 * finds the rows by the index itself.
 */
export function conflictConditions(captured: CapturedTable, event: 'INSERT' | 'UPDATE'): string[] {
  const { source } = captured;
  return source.indexes
    .filter((index) => index.unique && !sparesOtherKeys(index, captured))
    .map((index) => {
      const meets = index.columns.map((column) => meetsSql(source, column));
      if (index.whereSql !== null) meets.unshift(`(${index.whereSql})`);
      // Without this each update would find its own row.
      if (event === 'UPDATE') meets.unshift(`(${movesSql(source, index)})`);
      return meets.join(' AND ');
    });
}

/**
 * Whoever conflicts in this index has the very key of the new row, which is logged in any case.
 * Not so where 1 and 1.0 are one value to SQLite, or `a` and `A`.
 */
function sparesOtherKeys({ columns, whereSql }: SourceIndex, captured: CapturedTable): boolean {
  if (whereSql !== null) return false;
  return captured.key.every((name) => {
    const indexed = columns.find((column) => column.name !== null && sameName(column.name, name));
    const column = columnOf(captured.source, name);
    const isExact = column?.affinity === 'integer' || column?.affinity === 'text';
    return indexed?.collation === 'BINARY' && isExact;
  });
}

function meetsSql(source: SourceTable, { name, expressionSql, collation }: SourceIndexColumn) {
  const stored = name === null ? `(${expressionSql})` : sqliteIdent(name);
  const given = name === null ? ofRow(source, 'NEW', `(${expressionSql})`) : newSql(source, name);
  return `${stored} COLLATE ${sqliteIdent(collation)} = ${given}`;
}

/** The update gives the row another place in the index. */
function movesSql(source: SourceTable, { columns, whereSql }: SourceIndex): string {
  const moves = columns.map(({ name, expressionSql, collation }) => {
    const of = (row: 'OLD' | 'NEW') =>
      name === null ? ofRow(source, row, expressionSql ?? '') : `${row}.${sqliteIdent(name)}`;
    return `${of('OLD')} COLLATE ${sqliteIdent(collation)} IS NOT ${of('NEW')}`;
  });
  if (whereSql !== null) {
    moves.push(`${ofRow(source, 'OLD', whereSql)} IS NOT ${ofRow(source, 'NEW', whereSql)}`);
  }
  return moves.join(' OR ');
}

/** An expression over the table's columns, computed of a row that is not in the table. */
function ofRow(source: SourceTable, row: 'OLD' | 'NEW', expression: string): string {
  const values = source.columns.map(({ name }) => {
    const value = row === 'NEW' ? newSql(source, name) : `OLD.${sqliteIdent(name)}`;
    return `${value} AS ${sqliteIdent(name)}`;
  });
  return `(SELECT ${expression} FROM (SELECT ${values.join(', ')}) AS ${sqliteIdent(source.name)})`;
}

/** OR REPLACE puts the default in place of a NULL that the column refuses, but after the triggers. */
function newSql(source: SourceTable, name: string): string {
  const value = `NEW.${sqliteIdent(name)}`;
  const column = columnOf(source, name);
  if (!column?.notNull || column.defaultSql === null) return value;
  return `ifnull(${value}, (${defaultValueSql(column.defaultSql)}))`;
}

/** Behind DEFAULT a name, quoted or not, is a string. */
function defaultValueSql(sql: string): string {
  const [token, ...others] = tokenize(sql);
  const isBare = token?.kind === 'word' && !CONSTANTS.includes(token.text.toUpperCase());
  if (others.length > 0 || (token?.kind !== 'quoted' && !isBare)) return sql;
  return `'${token.value.replaceAll("'", "''")}'`;
}

const CONSTANTS = ['NULL', 'TRUE', 'FALSE', 'CURRENT_TIME', 'CURRENT_DATE', 'CURRENT_TIMESTAMP'];

function columnOf(source: SourceTable, name: string): SourceColumn | undefined {
  return source.columns.find((column) => sameName(column.name, name));
}
