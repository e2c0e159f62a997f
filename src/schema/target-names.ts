import { NameSpace } from './identifiers.js';
import type { SourceSchema, SourceTable, Untranslated } from './model.js';

/** What everything of a source is called in the target; depends on the source's schema alone. */
export interface TargetNames {
  table(source: string): string;
  column(table: string, source: string): string;
  /** Of a CREATE INDEX, or of the index SQLite made for a constraint. */
  index(source: string): string;
  primaryKey(table: string): string;
  /** By its number in `SourceTable.foreignKeys`. */
  foreignKey(table: string, number: number): string;
  /** By its number in `SourceTable.checks`. */
  check(table: string, number: number): string;
  /** Of the check that stands for the NOT NULL of a virtual column. */
  notNull(table: string, column: string): string;
  /** A name for one more index, which the source does not have. */
  moreIndexes(wanted: string): string;
  /** Tables, columns and indexes that had to be given another name. */
  changed: Untranslated[];
}

/** Columns that every Postgres table has already. */
const SYSTEM_COLUMNS = ['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'];

/**
 * Names everything, as it is wherever that is possible. Tables and indexes of a Postgres schema
 * share one namespace; names that nobody chose come last, so that they never push out one that
 * somebody did.
 */
export function targetNames(schema: SourceSchema): TargetNames {
  const relations = new NameSpace();
  const changed: Untranslated[] = [];
  const chosen = (space: NameSpace, table: string, what: string, source: string) => {
    const name = space.take(source);
    if (name !== source) changed.push(changeOf(table, what, source, name));
    return name;
  };
  const tables = new Map(
    schema.tables.map(({ name }) => [name, chosen(relations, name, 'table', name)]),
  );
  const columns = new Map(
    schema.tables.map((table) => {
      const space = new NameSpace(SYSTEM_COLUMNS);
      const named = table.columns.map(
        ({ name }) => [name, chosen(space, table.name, 'column', name)] as const,
      );
      return [table.name, new Map(named)];
    }),
  );
  const table = (source: string) => known(tables, source);
  const column = (of: string, source: string) => known(known(columns, of), source);

  const indexes = new Map<string, string>();
  for (const each of schema.tables) {
    for (const index of each.indexes.filter(({ origin }) => origin === 'create')) {
      indexes.set(index.name, chosen(relations, each.name, 'index', index.name));
    }
  }
  const constraints = new Map(
    schema.tables.map((each) => [
      each.name,
      nameConstraints(each, relations, indexes, table, column),
    ]),
  );
  return {
    table,
    column,
    index: (source) => known(indexes, source),
    primaryKey: (of) => known(constraints, of).primaryKey,
    foreignKey: (of, number) => known(constraints, of).foreignKeys[number] ?? '',
    check: (of, number) => known(constraints, of).checks[number] ?? '',
    notNull: (of, column) => known(known(constraints, of).notNulls, column),
    moreIndexes: (wanted) => relations.takeNumbered(wanted),
    changed,
  };
}

interface ConstraintNames {
  primaryKey: string;
  foreignKeys: string[];
  checks: string[];
  notNulls: ReadonlyMap<string, string>;
}

function nameConstraints(
  source: SourceTable,
  relations: NameSpace,
  indexes: Map<string, string>,
  table: TargetNames['table'],
  column: TargetNames['column'],
): ConstraintNames {
  const name = table(source.name);
  const joined = (names: readonly string[]) =>
    [name, ...names.map((each) => column(source.name, each))].join('_');
  const primaryKey = source.primaryKey.length > 0 ? relations.takeNumbered(`${name}_pkey`) : '';
  const keys = [primaryKey];
  for (const index of source.indexes.filter(({ origin }) => origin !== 'create')) {
    const named = index.columns.flatMap((key) => (key.name === null ? [] : [key.name]));
    const isPrimary = index.origin === 'primary';
    const key = isPrimary ? primaryKey : relations.takeNumbered(`${joined(named)}_key`);
    indexes.set(index.name, key);
    keys.push(key);
  }
  const space = new NameSpace(keys);
  return {
    primaryKey,
    checks: source.checks.map((check) =>
      check.name === null ? space.takeNumbered(`${name}_check`) : space.take(check.name),
    ),
    foreignKeys: source.foreignKeys.map((key) => space.takeNumbered(`${joined(key.columns)}_fkey`)),
    notNulls: new Map(
      source.columns
        .filter((each) => each.notNull && each.generated === 'virtual')
        .map((each) => [each.name, space.takeNumbered(`${joined([each.name])}_not_null`)]),
    ),
  };
}

function changeOf(table: string, what: string, source: string, name: string): Untranslated {
  const reason = `the ${what} is called ${name} in the target: Postgres cannot call it ${source}`;
  return { table, what: 'name', name: source, sql: '', reason };
}

function known<T>(names: ReadonlyMap<string, T>, source: string): T {
  const name = names.get(source);
  if (name === undefined) throw new Error(`no target name for ${source}`);
  return name;
}
