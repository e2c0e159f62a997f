import type { Source } from '../../drivers/sqlite.js';
import { CardctlError } from '../../lib/errors.js';
import type { ColumnPlan, SourceSchema, SourceTable, TargetType } from '../../schema/model.js';
import { ruleFor } from '../../schema/plan.js';
import { readSchema } from '../../schema/read.js';
import { type TargetNames, targetNames } from '../../schema/target-names.js';
import type { MoveRules } from '../../snapshot/plan-move.js';
import type { Difference } from '../context.js';
import { type ComparedTable, comparedTable } from './compared-table.js';
import { sqliteIdent } from './source-rows.js';
import type { TargetCatalog } from './target-catalog.js';
import { timeFormOf } from './time-form.js';

/**
 * Finds each table of the source in the target, the largest first. What the target does not have
 * is a difference.
 *
 * @param chosen names of source tables; all when empty
 */
export function tablesToCompare(
  source: Source,
  catalog: TargetCatalog,
  { chosen, rules }: { chosen: readonly string[]; rules: MoveRules },
  differ: (difference: Difference) => void,
): ComparedTable[] {
  const schema = readSchema(source.db);
  const names = targetNames(schema);
  const tables = chosenTables(schema, chosen).flatMap((table, number) => {
    const targetName = names.table(table.name);
    const columns = catalog.tables.get(targetName);
    if (columns === undefined) {
      differ({ table: targetName, key: '', kind: 'missing in target' });
      return [];
    }
    const plans = columnPlans(table, columns, names, rules, catalog, differ).map((plan) =>
      plan.type === 'timestamp'
        ? { ...plan, textForm: timeFormOf(source, table.name, plan.source.name) }
        : plan,
    );
    return comparedTable(
      number,
      table,
      targetName,
      plans,
      schema.encoding,
      keyHoldsNull(source, table),
      rules.onBadRow === 'reject',
    );
  });
  const bySize = [...catalog.tables.keys()];
  return tables.sort((a, b) => bySize.indexOf(a.targetName) - bySize.indexOf(b.targetName));
}

function chosenTables(schema: SourceSchema, names: readonly string[]): SourceTable[] {
  if (names.length === 0) return schema.tables;
  return names.map((name) => {
    const table = schema.tables.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (table !== undefined) return table;
    const known = schema.tables.map((each) => each.name).join(', ');
    throw new CardctlError('usage', `the source has no table ${name}`, {
      hint: `choose from: ${known}`,
    });
  });
}

function columnPlans(
  table: SourceTable,
  columns: ReadonlyMap<string, TargetType | null>,
  names: TargetNames,
  rules: MoveRules,
  { isLeftOut }: TargetCatalog,
  differ: (difference: Difference) => void,
): ColumnPlan[] {
  return table.columns.flatMap((source): ColumnPlan[] => {
    const targetName = names.column(table.name, source.name);
    const type = columns.get(targetName);
    if (type === undefined) {
      if (!isLeftOut(table.name, source.name)) {
        differ({ table: table.name, key: '', kind: 'missing in target', column: source.name });
      }
      return [];
    }
    if (type === null) {
      throw new CardctlError(
        'refused',
        `${table.name}.${targetName} has a type in the target that migrate does not make`,
        { hint: 'compare the other tables with: cardctl verify --table NAME' },
      );
    }
    const rule = ruleFor(rules.columns, `${table.name}.${source.name}`);
    return [{ source, targetName, type, why: 'the type it has', rule }];
  });
}

/** Rowid tables may hold NULLs in a primary key that is not the rowid. */
function keyHoldsNull(source: Source, table: SourceTable): boolean {
  if (table.withoutRowid || table.rowidAlias !== null || table.primaryKey.length === 0)
    return false;
  const isNull = table.primaryKey.map((name) => `${sqliteIdent(name)} IS NULL`).join(' OR ');
  const sql = `SELECT EXISTS (SELECT 1 FROM ${sqliteIdent(table.name)} WHERE ${isNull})`;
  return source.db.prepare<[], bigint>(sql).pluck().get() === 1n;
}
