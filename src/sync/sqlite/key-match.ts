import type { SourceTable } from '../../schema/model.js';
import { sameName } from '../../schema/names.js';
import { sqliteIdent } from '../tables/source-line.js';

/**
 * SQL that a row has this key, byte for byte. Where the key's index takes some keys for one, its
 * own comparison comes first, so that SQLite finds the row by the index.
 *
 * @param from an alias of the table, with a point behind it, or nothing
 * @param valueSql gives a value of the key by its place
 */
export function keyMatchSql(
  source: SourceTable,
  key: readonly string[],
  from: string,
  valueSql: (place: number) => string,
): string {
  const collations = keyCollations(source, key);
  return key
    .map((name, place) => {
      const column = `${from}${sqliteIdent(name)}`;
      const value = valueSql(place);
      const collation = collations[place] ?? 'BINARY';
      // A column that compares its bytes anyway needs no more said.
      if (name === source.rowidAlias) return `${column} = ${value}`;
      const exact = `${column} COLLATE BINARY = ${value}`;
      if (collation === 'BINARY') return exact;
      return `${column} COLLATE ${sqliteIdent(collation)} = ${value} AND ${exact}`;
    })
    .join(' AND ');
}

function keyCollations(source: SourceTable, key: readonly string[]): (string | undefined)[] {
  const index = source.indexes.find(
    ({ unique, whereSql, columns }) =>
      unique &&
      whereSql === null &&
      columns.length === key.length &&
      key.every((name) => columns.some((each) => each.name !== null && sameName(each.name, name))),
  );
  return key.map(
    (name) =>
      index?.columns.find((each) => each.name !== null && sameName(each.name, name))?.collation,
  );
}
