import { emitChecks } from './emit/checks.js';
import { emitForeignKeys } from './emit/foreign-keys.js';
import { emitIndexes } from './emit/indexes.js';
import { emitKeys } from './emit/keys.js';
import { emitTable } from './emit/table.js';
import type { EmitContext, TargetDdl } from './emit/target-ddl.js';
import { quoteIdent } from './identifiers.js';
import type { PlannedTables } from './plan.js';

export type { CheckDdl, ForeignKeyDdl, KeyDdl, TargetDdl } from './emit/target-ddl.js';

export interface EmitOptions {
  /** Schema of the target; default `public`. */
  schema?: string | undefined;
  /** Names of indexes, checks and foreign keys that are left out knowingly. */
  skip?: ReadonlySet<string> | undefined;
}

/** The DDL of a plan, and a list of what it leaves out. */
export function emitSchema(plan: PlannedTables, options: EmitOptions = {}): TargetDdl {
  const { schema = 'public', skip = new Set<string>() } = options;
  const context: EmitContext = {
    ...plan,
    qualified: (name) => `${quoteIdent(schema)}.${quoteIdent(name)}`,
  };
  const isKept = ({ name }: { name: string }) => !skip.has(name);
  const keys = plan.tables.map((table) => emitKeys(table, context));
  const indexes = plan.tables.map((table) => emitIndexes(table, context));
  const unique = keys.flatMap((each) => each.keys).filter(isKept);
  const tables = plan.tables.map((table) => {
    const isPrimary = (key: (typeof unique)[number]) =>
      key.kind === 'primary key' && key.table === table.targetName;
    return emitTable(table, context, unique.find(isPrimary)?.columns ?? []);
  });
  const checks = plan.tables.map((table) => emitChecks(table, context));
  const created = indexes.flatMap((each) => each.indexes).filter(isKept);
  const parents = [...unique, ...created];
  const foreignKeys = plan.tables.map((table) => emitForeignKeys(table, context, parents));
  return {
    tables: tables.map(({ table, sql }) => ({ table, sql })),
    keys: unique.map(({ columns: _, ...key }) => key),
    indexes: [
      ...keys.flatMap((each) => each.indexes).filter(isKept),
      ...created.map(({ columns: _, ...index }) => index),
    ],
    checks: checks.flatMap((each) => each.checks).filter(isKept),
    foreignKeys: foreignKeys.flatMap((each) => each.foreignKeys).filter(isKept),
    sequences: plan.tables.flatMap((table) => {
      if (!table.identity) return [];
      const { column, nextValue } = table.identity;
      const sql = `ALTER TABLE ${context.qualified(table.targetName)} ALTER COLUMN ${quoteIdent(column)} RESTART WITH ${nextValue}`;
      return [{ table: table.targetName, column, nextValue, sql }];
    }),
    untranslated: [...tables, ...checks, ...keys, ...indexes, ...foreignKeys]
      .flatMap((each) => each.untranslated)
      .filter(isKept),
  };
}
