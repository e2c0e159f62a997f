import { quoteIdent } from '../../schema/identifiers.js';
import { qualified } from '../../schema/target-schema.js';
import type { FollowedTable } from '../followed-table.js';
import type { PairedColumn } from '../tables/paired-table.js';

/** A table's columns as a list, as they are copied. */
export function columnsSql({ columns }: FollowedTable, from = ''): string {
  return columns.map((column) => `${from}${nameOf(column)}`).join(', ');
}

export function tableSql({ table }: FollowedTable): string {
  return qualified(table.targetName);
}

/**
 * Text of a key column as COPY writes it, unescaped, whatever settings the session has; but a
 * double's, for which `extra_float_digits` must be 1.
 */
export function keyTextSql(column: PairedColumn, from: string): string {
  const value = `${from}${nameOf(column)}`;
  switch (column.plan.type) {
    case 'boolean':
      return `CASE WHEN ${value} THEN 't' WHEN NOT ${value} THEN 'f' END`;
    case 'bytea':
      // A backslash in a literal would be another thing without `standard_conforming_strings`.
      return `pg_catalog.chr(92) || 'x' || pg_catalog.encode(${value}, 'hex')`;
    default:
      return `${value}::pg_catalog.text`;
  }
}

/** SQL that gives the rows that keys name. */
export function selectSql(table: FollowedTable, keys: readonly string[][]): string {
  return `SELECT ${columnsSql(table, 't.')} FROM ${keyRowsSql(table, keys)}
    JOIN ${tableSql(table)} AS t ON ${keyJoinSql(table)}`;
}

/** SQL that deletes them. */
export function deleteSql(table: FollowedTable, keys: readonly string[][]): string {
  return `DELETE FROM ${tableSql(table)} AS t USING ${keyRowsSql(table, keys)}
    WHERE ${keyJoinSql(table)}`;
}

/** A row of `k0, k1, …` a key. */
function keyRowsSql({ key }: FollowedTable, keys: readonly string[][]): string {
  const arrays = key.map((_, place) => textArray(keys.map((fields) => fields[place] as string)));
  return `unnest(${arrays.join(', ')}) AS k(${key.map((_, place) => `k${place}`).join(', ')})`;
}

/** Holds where row `t` of the table has the key in row `k`. */
function keyJoinSql({ key }: FollowedTable): string {
  return key
    .map((column, place) => `t.${nameOf(column)} = k.k${place}::${column.plan.type}`)
    .join(' AND ');
}

function nameOf({ plan }: PairedColumn): string {
  return quoteIdent(plan.targetName);
}

/** From a literal the planner knows how many elements there are. */
function textArray(elements: readonly string[]): string {
  const quoted = elements.map((element) => `"${element.replace(/["\\]/g, '\\$&')}"`);
  return `${literal(`{${quoted.join(',')}}`)}::text[]`;
}

/** A string literal; it needs `standard_conforming_strings`. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
