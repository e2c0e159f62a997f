import { quoteIdent } from '../identifiers.js';
import type { SourceIndex, TablePlan, Untranslated } from '../model.js';
import { sameName } from '../names.js';
import { foldedColumn, isFolded, reasonAgainstIndex } from './index-columns.js';
import type { EmitContext, IndexDdl, KeyDdl } from './target-ddl.js';

export interface TableKeys {
  /** `columns`: target names, which a foreign key may point at. */
  keys: (KeyDdl & { columns: string[] })[];
  /** Unique indexes for keys that ignore case or spaces at the end: no constraint can do that. */
  indexes: IndexDdl[];
  untranslated: Untranslated[];
}

/** The primary key and the UNIQUE constraints of a table. */
export function emitKeys(table: TablePlan, context: EmitContext): TableKeys {
  const found: TableKeys = { keys: [], indexes: [], untranslated: [] };
  emitPrimaryKey(table, context, found);
  for (const index of table.source.indexes) {
    if (index.origin === 'unique') emitUnique(table, index, context, found);
  }
  return found;
}

function emitPrimaryKey(table: TablePlan, context: EmitContext, found: TableKeys): void {
  const { source } = table;
  if (source.primaryKey.length === 0) return;
  const name = context.names.primaryKey(source.name);
  const columns = planned(table, source.primaryKey);
  const note = (reason: string) =>
    found.untranslated.push({
      table: source.name,
      what: 'primary key',
      name,
      sql: `PRIMARY KEY (${source.primaryKey.join(', ')})`,
      reason,
    });
  const reason = reasonAgainstIndex(columns);
  if (reason !== null) {
    note(reason);
    return;
  }
  const isNullable = columns.some((column) => column.holdsNull === true);
  if (isNullable) note('it holds NULLs, which SQLite allows: it is a UNIQUE constraint instead');
  pushKey(table, name, columns, isNullable ? 'unique' : 'primary key', context, found);
  const index = source.indexes.find(({ origin }) => origin === 'primary');
  if (index?.columns.some((key) => isFolded(key, table))) {
    const wanted = `${table.targetName}_folded_key`;
    pushFolded(table, index, context.names.moreIndexes(wanted), context, found);
  }
}

function emitUnique(
  table: TablePlan,
  index: SourceIndex,
  context: EmitContext,
  found: TableKeys,
): void {
  const name = context.names.index(index.name);
  const columnNames = index.columns.flatMap((key) => (key.name === null ? [] : [key.name]));
  const columns = planned(table, columnNames);
  const custom = index.columns.find((key) => !KNOWN_COLLATIONS.includes(key.collation));
  const reason =
    custom === undefined
      ? reasonAgainstIndex(columns)
      : `the collation ${custom.collation} is the application's own`;
  if (reason !== null) {
    const sql = `UNIQUE (${columnNames.join(', ')})`;
    found.untranslated.push({ table: table.source.name, what: 'unique index', name, sql, reason });
  } else if (index.columns.some((key) => isFolded(key, table))) {
    pushFolded(table, index, name, context, found);
  } else {
    pushKey(table, name, columns, 'unique', context, found);
  }
}

const KNOWN_COLLATIONS = ['BINARY', 'NOCASE', 'RTRIM'];

function pushKey(
  table: TablePlan,
  name: string,
  columns: readonly TablePlan['columns'][number][],
  kind: KeyDdl['kind'],
  { qualified }: EmitContext,
  found: TableKeys,
): void {
  const names = [...new Set(columns.map((column) => column.targetName))];
  const list = names.map(quoteIdent).join(', ');
  const indexSql = `CREATE UNIQUE INDEX ${quoteIdent(name)} ON ${qualified(table.targetName)} (${list})`;
  const sql = `ALTER TABLE ${qualified(table.targetName)} ADD CONSTRAINT ${quoteIdent(name)} ${kind.toUpperCase()} USING INDEX ${quoteIdent(name)}`;
  found.keys.push({
    table: table.targetName,
    name,
    indexSql,
    sql,
    unique: true,
    kind,
    columns: names,
  });
}

function pushFolded(
  table: TablePlan,
  index: SourceIndex,
  name: string,
  { qualified }: EmitContext,
  found: TableKeys,
): void {
  const list = index.columns.map((key) => foldedColumn(key, table)).join(', ');
  const sql = `CREATE UNIQUE INDEX ${quoteIdent(name)} ON ${qualified(table.targetName)} (${list})`;
  found.indexes.push({ table: table.targetName, name, sql, unique: true });
}

function planned(table: TablePlan, names: readonly string[]): TablePlan['columns'] {
  return names.flatMap((name) =>
    table.columns.filter((column) => sameName(column.source.name, name)),
  );
}
