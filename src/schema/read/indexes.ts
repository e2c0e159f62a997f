import type Database from 'better-sqlite3';
import type { SourceIndex, SourceIndexColumn } from '../model.js';
import { parseCreateIndex } from './create-index.js';

interface ListedIndex {
  name: string;
  unique: bigint;
  origin: 'c' | 'u' | 'pk';
  sql: string | null;
}

const ORIGINS = { c: 'create', u: 'unique', pk: 'primary' } as const;

/** The indexes of a table, oldest first. */
export function readIndexes(db: Database.Database, table: string): SourceIndex[] {
  const listed = db
    .prepare(
      `SELECT l.name, l."unique", l.origin, s.sql
       FROM pragma_index_list(?) AS l
       LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = l.name
       ORDER BY l.seq DESC`,
    )
    .safeIntegers(true)
    .all(table) as ListedIndex[];
  return listed.map(({ name, unique, origin, sql }) => {
    const text = sql === null ? null : parseCreateIndex(sql);
    return {
      name,
      unique: unique === 1n,
      origin: ORIGINS[origin],
      columns: readKeys(db, name, text?.keys ?? []),
      whereSql: text?.whereSql ?? null,
    };
  });
}

function readKeys(
  db: Database.Database,
  index: string,
  keys: readonly string[],
): SourceIndexColumn[] {
  const listed = db
    .prepare(
      `SELECT name, "desc" AS descending, coll AS collation
       FROM pragma_index_xinfo(?) WHERE key = 1 ORDER BY seqno`,
    )
    .safeIntegers(true)
    .all(index) as { name: string | null; descending: bigint; collation: string }[];
  return listed.map(({ name, descending, collation }, i) => ({
    name,
    expressionSql: name === null ? (keys[i] ?? '') : null,
    descending: descending === 1n,
    collation: collation.toUpperCase(),
  }));
}
