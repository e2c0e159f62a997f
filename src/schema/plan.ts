import { chooseType } from './choose-type.js';
import { grownMagnitude } from './expression/magnitude.js';
import { grownReach } from './expression/reach.js';
import { planGenerated } from './generated-columns.js';
import type {
  ColumnCensus,
  ColumnPlan,
  ColumnProblem,
  ColumnRule,
  SourceColumn,
  SourceSchema,
  SourceTable,
  TablePlan,
  Untranslated,
} from './model.js';
import { foldName, sameName } from './names.js';
import { nextIdentity } from './next-identity.js';
import { type TargetNames, targetNames } from './target-names.js';
import { untranslatedOf } from './untranslated.js';

export interface PlannedTables {
  tables: TablePlan[];
  /** Empty when every column has a type that holds all its values, or a rule for the others. */
  problems: ColumnProblem[];
  /** Names that changed, and what does not move at all; `emitSchema` finds the rest. */
  untranslated: Untranslated[];
  names: TargetNames;
}

/** By table, then by column. */
export type SchemaCensus = ReadonlyMap<string, ReadonlyMap<string, ColumnCensus>>;

/**
 * Decides what every table and column becomes.
 *
 * @param rules what the config says, by `table.column`
 * @param rows of each table; by default, as many as its columns have values
 */
export function planTables(
  schema: SourceSchema,
  census: SchemaCensus,
  rules: ReadonlyMap<string, ColumnRule>,
  rows: ReadonlyMap<string, number> = new Map(),
): PlannedTables {
  const names = targetNames(schema);
  const problems = unknownColumns(schema, rules);
  const untranslated = [...untranslatedOf(schema), ...names.changed];
  const tables = schema.tables.map((table): TablePlan => {
    const counted = census.get(table.name) ?? new Map<string, ColumnCensus>();
    const found: ColumnProblem[] = [];
    const columns = table.columns.map((column) => {
      const planned = planColumn(table, column, counted.get(column.name), rules, names);
      found.push(...planned.problems);
      return planned.plan;
    });
    const generated = planGenerated(table, columns);
    // What is left out has no values to hold.
    const leftOut = generated.untranslated.map(({ name }) => name);
    problems.push(...found.filter(({ column }) => !leftOut.includes(column)));
    const identity = nextIdentity(table, generated.columns, counted);
    untranslated.push(...generated.untranslated, ...identity.untranslated);
    return {
      source: table,
      targetName: names.table(table.name),
      columns: generated.columns,
      rows: rows.get(table.name) ?? Math.max(0, ...[...counted.values()].map((each) => each.rows)),
      identity: identity.identity,
    };
  });
  return { tables, problems, untranslated, names };
}

function planColumn(
  table: SourceTable,
  column: SourceColumn,
  counted: ColumnCensus | undefined,
  rules: ReadonlyMap<string, ColumnRule>,
  names: TargetNames,
): { plan: ColumnPlan; problems: ColumnProblem[] } {
  const rule = ruleFor(rules, `${table.name}.${column.name}`);
  const refusesNull =
    column.notNull || table.primaryKey.some((name) => sameName(name, column.name));
  const { type, why, textForm, problems } = chooseType(column, counted ?? null, rule, {
    table: table.name,
    refusesNull,
  });
  const bytesMax = Math.max(counted?.textBytesMax ?? 0, counted?.blobBytesMax ?? 0);
  const plan: ColumnPlan = {
    source: column,
    targetName: names.column(table.name, column.name),
    type,
    why,
    // Whoever goes on in spite of a problem does so without the values that do not fit.
    rule: problems.length > 0 ? { ...rule, onBadValue: 'reject' } : rule,
    holdsNull: column.name !== table.rowidAlias && (counted?.counts.null ?? 0) > 0,
    bytesMax,
    magnitude: grownMagnitude(counted, rule),
    reach: grownReach(counted, rule),
    textForm,
  };
  return { plan, problems };
}

/** Rules that are for no column: most likely a name with a typing error. */
function unknownColumns(
  schema: SourceSchema,
  rules: ReadonlyMap<string, ColumnRule>,
): ColumnProblem[] {
  const known = new Set(
    schema.tables.flatMap((table) =>
      table.columns.map((column) => foldName(`${table.name}.${column.name}`)),
    ),
  );
  return [...rules.keys()].flatMap((name): ColumnProblem[] => {
    if (known.has(foldName(name))) return [];
    const [table = '', ...column] = name.split('.');
    const message = `the config has a rule for ${name}, and the source has no such column`;
    const choices = ['correct the name, or take the rule out'];
    return [
      { table, column: column.join('.'), kind: 'null', count: 0, message, choices, seenAt: [] },
    ];
  });
}

/** SQLite's names are the same in any case, so a rule's are, too. */
export function ruleFor(rules: ReadonlyMap<string, ColumnRule>, name: string): ColumnRule | null {
  const exact = rules.get(name);
  if (exact !== undefined) return exact;
  for (const [key, rule] of rules) if (sameName(key, name)) return rule;
  return null;
}
