import type { Source } from '../../drivers/sqlite.js';
import { CardctlError } from '../../lib/errors.js';
import type { SourceSchema, SourceTable } from '../../schema/model.js';
import { readSchema } from '../../schema/read.js';
import type { MoveRules } from '../../snapshot/plan-move.js';
import { pairTables } from '../../sync/tables/pair-tables.js';
import type { PairedTable } from '../../sync/tables/paired-table.js';
import type { TargetCatalog } from '../../sync/tables/target-catalog.js';
import type { Difference } from '../context.js';

/**
 * Finds each table of the source in the target, the largest first. What the target does not have
 * is a difference.
 *
 * @param chosen names of source tables; all when empty
 */
export function tablesToCompare(
  { db }: Source,
  catalog: TargetCatalog,
  { chosen, rules }: { chosen: readonly string[]; rules: MoveRules },
  differ: (difference: Difference) => void,
): PairedTable[] {
  const schema = readSchema(db);
  const { tables, missing } = pairTables(db, schema, chosenTables(schema, chosen), {
    catalog,
    columnRules: rules.columns,
    rejectsAll: rules.onBadRow === 'reject',
  });
  for (const { table, column } of missing) {
    differ({ table, key: '', kind: 'missing in target', ...(column !== null && { column }) });
  }
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
