import type Database from 'better-sqlite3';
import { CardctlError } from '../../lib/errors.js';
import type {
  ColumnPlan,
  ColumnRule,
  SourceSchema,
  SourceTable,
  TargetType,
} from '../../schema/model.js';
import { ruleFor } from '../../schema/plan.js';
import { type TargetNames, targetNames } from '../../schema/target-names.js';
import { type PairedTable, pairedTable } from './paired-table.js';
import { sqliteIdent } from './source-line.js';
import type { TargetCatalog } from './target-catalog.js';
import { timeFormOf } from './time-form.js';

export interface PairingOptions {
  catalog: TargetCatalog;
  columnRules: ReadonlyMap<string, ColumnRule>;
  /** Rows with a value that does not fit were left out, whatever the column. */
  rejectsAll: boolean;
}

export interface Pairing {
  tables: PairedTable[];
  /** What the target should have and does not. */
  missing: { table: string; column: string | null }[];
}

/**
 * Finds tables of the source in the target, with what each column became there.
 *
 * @param schema all of the source: names in the target depend on every table
 * @throws CardctlError `refused` when a column has a type that migrate does not make
 */
export function pairTables(
  db: Database.Database,
  schema: SourceSchema,
  wanted: readonly SourceTable[],
  { catalog, columnRules, rejectsAll }: PairingOptions,
): Pairing {
  const names = targetNames(schema);
  const missing: Pairing['missing'] = [];
  const tables = wanted.flatMap((table, number): PairedTable[] => {
    const targetName = names.table(table.name);
    const types = catalog.tables.get(targetName);
    if (types === undefined) {
      missing.push({ table: targetName, column: null });
      return [];
    }
    const found = columnPlans(table, types, names, columnRules);
    for (const column of found.missing) {
      if (!catalog.isLeftOut(table.name, column)) missing.push({ table: table.name, column });
    }
    const plans = found.plans.map((plan) =>
      plan.type === 'timestamp'
        ? { ...plan, textForm: timeFormOf(db, table.name, plan.source.name) }
        : plan,
    );
    const { encoding } = schema;
    const holdsNull = keyHoldsNull(db, table);
    return [pairedTable(number, table, targetName, plans, encoding, holdsNull, rejectsAll)];
  });
  return { tables, missing };
}

function columnPlans(
  table: SourceTable,
  types: ReadonlyMap<string, TargetType | null>,
  names: TargetNames,
  rules: ReadonlyMap<string, ColumnRule>,
): { plans: ColumnPlan[]; missing: string[] } {
  const plans: ColumnPlan[] = [];
  const missing: string[] = [];
  for (const source of table.columns) {
    const targetName = names.column(table.name, source.name);
    const type = types.get(targetName);
    if (type === undefined) {
      missing.push(source.name);
      continue;
    }
    if (type === null) {
      throw new CardctlError(
        'refused',
        `${table.name}.${targetName} has a type in the target that migrate does not make`,
        { hint: 'compare the other tables with: cardctl verify --table NAME' },
      );
    }
    const rule = ruleFor(rules, `${table.name}.${source.name}`);
    plans.push({ source, targetName, type, why: 'the type it has', rule });
  }
  return { plans, missing };
}

/** Rowid tables may hold NULLs in a primary key that is not the rowid. */
function keyHoldsNull(db: Database.Database, table: SourceTable): boolean {
  if (table.withoutRowid || table.rowidAlias !== null || table.primaryKey.length === 0)
    return false;
  const isNull = table.primaryKey.map((name) => `${sqliteIdent(name)} IS NULL`).join(' OR ');
  const sql = `SELECT EXISTS (SELECT 1 FROM ${sqliteIdent(table.name)} WHERE ${isNull})`;
  return Number(db.prepare<[], bigint>(sql).pluck().get() ?? 0) === 1;
}
