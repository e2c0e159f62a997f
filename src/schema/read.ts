import type Database from 'better-sqlite3';
import { affinityOf } from './affinity.js';
import type { SourceColumn, SourceExtra, SourceSchema, SourceTable } from './model.js';
import { type ColumnText, parseCreateTable } from './read/create-table.js';
import { readForeignKeys, resolveForeignKeys } from './read/foreign-keys.js';
import { readIndexes } from './read/indexes.js';

/** What cardctl itself keeps in the source while the source is followed: no part of what moves. */
export const OWN_TABLES = ['cardctl_authority', 'cardctl_change', 'cardctl_state'] as const;

/** Begins the names of triggers that are cardctl's own. */
export const OWN_TRIGGERS = 'cardctl_';

/** Reads everything the schema says; holds no lock and keeps nothing open when it returns. */
export function readSchema(db: Database.Database): SourceSchema {
  const listed = listTables(db);
  const sequences = readSequences(db);
  const tables = listed
    .filter((table) => table.type === 'table')
    .map((table) => readTable(db, table, sequences));
  resolveForeignKeys(tables);
  return { encoding: readEncoding(db), tables, extras: readExtras(db, listed) };
}

interface ListedTable {
  name: string;
  type: 'table' | 'view' | 'virtual' | 'shadow';
  withoutRowid: bigint;
  strict: bigint;
  sql: string;
  rootPage: bigint;
}

function listTables(db: Database.Database): ListedTable[] {
  return db
    .prepare(
      `SELECT l.name, l.type, l.wr AS withoutRowid, l.strict, s.sql, s.rootpage AS rootPage
       FROM pragma_table_list AS l
       JOIN sqlite_schema AS s ON s.name = l.name AND s.type IN ('table', 'view')
       WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND l.name NOT IN (${OWN_TABLES.map((name) => `'${name}'`).join(', ')})
       ORDER BY s.rowid`,
    )
    .safeIntegers(true)
    .all() as ListedTable[];
}

function readTable(
  db: Database.Database,
  listed: ListedTable,
  sequences: ReadonlyMap<string, bigint>,
): SourceTable {
  const text = parseCreateTable(listed.sql);
  const strict = listed.strict === 1n;
  const columns = readColumns(db, listed.name);
  const indexes = readIndexes(db, listed.name);
  const primaryKey = columns
    .filter((column) => column.pk > 0n)
    .sort((a, b) => Number(a.pk - b.pk))
    .map((column) => column.name);
  // SQLite makes an index for every primary key but the one that is the rowid itself.
  const isRowid = primaryKey.length === 1 && !indexes.some((index) => index.origin === 'primary');
  return {
    name: listed.name,
    sql: listed.sql,
    rootPage: Number(listed.rootPage),
    withoutRowid: listed.withoutRowid === 1n,
    strict,
    autoincrement: text.autoincrement,
    columns: columns.map((column, i) => sourceColumn(column, text.columns[i], strict)),
    primaryKey,
    rowidAlias: isRowid ? (primaryKey[0] ?? null) : null,
    indexes,
    foreignKeys: readForeignKeys(db, listed.name, text.foreignKeysDeferred),
    checks: text.checks,
    sequence: text.autoincrement ? (sequences.get(listed.name) ?? null) : null,
  };
}

interface ListedColumn {
  name: string;
  type: string;
  notNull: bigint;
  defaultSql: string | null;
  pk: bigint;
  hidden: bigint;
}

/** Hidden: 0 ordinary, 2 virtual, 3 stored; 1 is for virtual tables only. */
function readColumns(db: Database.Database, table: string): ListedColumn[] {
  return db
    .prepare(
      `SELECT name, type, "notnull" AS "notNull", dflt_value AS defaultSql, pk, hidden
       FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid`,
    )
    .safeIntegers(true)
    .all(table) as ListedColumn[];
}

function sourceColumn(
  listed: ListedColumn,
  text: ColumnText | undefined,
  strict: boolean,
): SourceColumn {
  const generated = listed.hidden === 2n ? 'virtual' : listed.hidden === 3n ? 'stored' : null;
  return {
    name: listed.name,
    declaredType: listed.type,
    affinity: affinityOf(listed.type, strict),
    notNull: listed.notNull === 1n,
    defaultSql: listed.defaultSql,
    collation: (text?.collation ?? 'BINARY').toUpperCase(),
    generated,
    generatedSql: generated === null ? null : (text?.generatedSql ?? null),
  };
}

function readSequences(db: Database.Database): Map<string, bigint> {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`).get();
  if (exists === undefined) return new Map();
  const rows = db
    .prepare(
      `SELECT name, max(CAST(seq AS INTEGER)) AS seq FROM sqlite_sequence
       WHERE name IS NOT NULL AND seq IS NOT NULL GROUP BY name`,
    )
    .safeIntegers(true)
    .all() as { name: string; seq: bigint }[];
  return new Map(rows.map((row) => [row.name, row.seq]));
}

function readExtras(db: Database.Database, listed: readonly ListedTable[]): SourceExtra[] {
  const kinds = { view: 'view', virtual: 'virtual table', shadow: 'shadow table' } as const;
  const notTables = listed.flatMap(({ type, name, sql }): SourceExtra[] =>
    type === 'table' ? [] : [{ kind: kinds[type], name, sql }],
  );
  const triggers = db
    .prepare(`SELECT name, sql FROM sqlite_schema
       WHERE type = 'trigger' AND substr(name, 1, ${OWN_TRIGGERS.length}) <> '${OWN_TRIGGERS}' ORDER BY rowid`)
    .all() as { name: string; sql: string }[];
  return [
    ...notTables,
    ...triggers.map(({ name, sql }) => ({ kind: 'trigger' as const, name, sql })),
  ];
}

function readEncoding(db: Database.Database): SourceSchema['encoding'] {
  const encoding = String(db.pragma('encoding', { simple: true })).toLowerCase();
  return encoding === 'utf-16le' ? 'utf16le' : encoding === 'utf-16be' ? 'utf16be' : 'utf8';
}
