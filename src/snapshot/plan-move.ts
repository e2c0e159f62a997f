import { openSource } from '../drivers/sqlite.js';
import { emitSchema, type TargetDdl } from '../schema/emit.js';
import type {
  ColumnProblem,
  ColumnRule,
  SourceSchema,
  TablePlan,
  Untranslated,
} from '../schema/model.js';
import { planTables } from '../schema/plan.js';
import { readSchema } from '../schema/read.js';
import { TARGET_SCHEMA } from '../schema/target-schema.js';
import type { RowUnits } from './btree.js';
import type { CountedAhead } from './counted-ahead.js';
import { encodingOf, type TableEncoding } from './encoders.js';
import { type ExaminedTable, examineSnapshot } from './examine.js';
import { missingValues } from './missing-values.js';
import { PageFile } from './page-file.js';
import { type BadRow, rehearse } from './rehearse.js';
import {
  decodeRow,
  keyOf,
  keysAt,
  rowsWithoutKey,
  type StoredValue,
  storedValues,
} from './row-cells.js';
import type { MissingValues } from './stretch.js';

/** Column rules by `table.column`, and what applies to all. */
export interface MoveRules {
  columns: ReadonlyMap<string, ColumnRule>;
  /** Names of indexes, checks and foreign keys that are left out knowingly. */
  skip: ReadonlySet<string>;
  onBadRow: 'fail' | 'reject';
}

/** Everything that is known of a move before the target is touched. */
export interface MovePlan {
  schema: SourceSchema;
  tables: PlannedTable[];
  ddl: TargetDdl;
  /** Empty when the move can begin. */
  problems: PlannedProblem[];
  untranslated: Untranslated[];
}

export interface PlannedTable {
  plan: TablePlan;
  examined: ExaminedTable;
  encoding: TableEncoding;
  units: RowUnits;
  /** Rows that do not fit and are left out on request. */
  rejectedRows: number;
}

export interface PlannedProblem extends ColumnProblem {
  /** Keys of the first offending rows. */
  keys: string[];
}

/** A row that is left out of the copy, with why. */
export interface RejectedRow {
  table: string;
  column: string;
  key: string;
  values: Record<string, StoredValue>;
}

export interface PlanMoveOptions {
  rules: MoveRules;
  signal: AbortSignal;
  onPages?: (pages: number, total: number) => void;
  onRejected?: (row: RejectedRow) => void;
  ahead?: CountedAhead | undefined;
}

/**
 * Reads a snapshot whole and decides what becomes of each table, column and row.
 *
 * @throws CardctlError `source` when the file cannot be read
 */
export async function planMove(snapshotPath: string, options: PlanMoveOptions): Promise<MovePlan> {
  const schema = schemaOf(snapshotPath);
  const missing = missingValues(schema);
  const file = new PageFile(snapshotPath);
  try {
    const examined = await examineSnapshot(file, schema, missing, options);
    return await planExamined(file, schema, missing, examined, options);
  } finally {
    file.close();
  }
}

function schemaOf(snapshotPath: string): SourceSchema {
  const snapshot = openSource(snapshotPath);
  try {
    return readSchema(snapshot.db);
  } finally {
    snapshot.close();
  }
}

async function planExamined(
  file: PageFile,
  schema: SourceSchema,
  missing: MissingValues,
  examined: ReadonlyMap<string, ExaminedTable>,
  options: PlanMoveOptions,
): Promise<MovePlan> {
  const { rules } = options;
  const census = new Map([...examined].map(([table, each]) => [table, each.census]));
  const rows = new Map([...examined].map(([table, each]) => [table, each.rows]));
  const planned = planTables(schema, census, rules.columns, rows);
  const known = new Set(planned.tables.map((table) => table.source.name));
  const problems: PlannedProblem[] = planned.problems
    .filter((problem) => !known.has(problem.table))
    .map((problem) => ({ ...problem, keys: [] }));
  const tables: PlannedTable[] = [];
  for (const plan of planned.tables) {
    const { name } = plan.source;
    const table = examined.get(name);
    if (table === undefined) throw new Error(`table ${name} was not examined`);
    const notUtf8 = [...table.census].filter(([, each]) => each.counts['not UTF-8'] > 0);
    const encoding = encodingOf(
      plan,
      file.encoding,
      missing.get(name) ?? new Map(),
      new Set(notUtf8.map(([column]) => column)),
    );
    const own = planned.problems.filter((problem) => problem.table === name);
    const bad = await badRows(file, plan, table, encoding, own.length > 0, options);
    problems.push(
      ...openProblems(own, bad, rules).map((problem) => ({
        ...problem,
        keys: keysAt(file, table.units, plan.source, problem.seenAt),
      })),
    );
    tables.push({ plan, examined: table, encoding, units: table.units, rejectedRows: bad.total });
  }
  const ddl = emitSchema(planned, { schema: TARGET_SCHEMA, skip: rules.skip });
  return {
    schema,
    tables,
    ddl,
    problems,
    untranslated: [
      ...planned.untranslated,
      ...ddl.untranslated.map((each) => withNullRows(each, file, tables)),
    ],
  };
}

/** Names the rows whose NULLs keep a key from being the primary key, or a column from NOT NULL. */
function withNullRows(
  each: Untranslated,
  file: PageFile,
  tables: readonly PlannedTable[],
): Untranslated {
  const table = tables.find(({ plan }) => plan.source.name === each.table);
  if (table === undefined) return each;
  const { source, columns } = table.plan;
  if (each.what === 'not null') {
    const name = columns.find(({ targetName }) => targetName === each.name)?.source.name ?? '';
    const counted = table.examined.census.get(name);
    const keys = keysAt(file, table.units, source, counted?.seenAt.null ?? []);
    return { ...each, count: counted?.counts.null ?? 0, keys };
  }
  if (each.what !== 'primary key') return each;
  const holdsNull = columns.some(
    (column) => column.holdsNull === true && source.primaryKey.includes(column.source.name),
  );
  return holdsNull ? { ...each, ...rowsWithoutKey(file, table.units, source) } : each;
}

interface BadRows {
  total: number;
  /** By the first offending column of the row. */
  columns: Map<string, ColumnProblem>;
}

async function badRows(
  file: PageFile,
  plan: TablePlan,
  table: ExaminedTable,
  encoding: TableEncoding,
  hasProblems: boolean,
  options: PlanMoveOptions,
): Promise<BadRows> {
  const bad: BadRows = { total: 0, columns: new Map() };
  if (!encoding.converts && !hasProblems) return bad;
  const names = encoding.stored;
  bad.total = await rehearse(file, table.units, encoding, options.signal, (row) => {
    const column = names[row.column] ?? '';
    noteBad(bad, plan, column, row);
    const cells = decodeRow(plan.source, file.encoding, row.bytes, row.start, row.rowid);
    options.onRejected?.({
      table: plan.source.name,
      column,
      key: keyOf(plan.source, cells, row.rowid),
      values: storedValues(plan.source, file.encoding, row.bytes, row.start, row.rowid),
    });
  });
  return bad;
}

function noteBad(bad: BadRows, plan: TablePlan, column: string, row: BadRow): void {
  const known = bad.columns.get(column);
  if (known !== undefined) {
    known.count++;
    if (known.seenAt.length < 10) known.seenAt.push(row.locator);
    return;
  }
  const type = plan.columns.find((each) => each.source.name === column)?.type ?? 'its type';
  bad.columns.set(column, {
    table: plan.source.name,
    column,
    kind: 'text',
    count: 1,
    message: `values that ${type} cannot hold, or that would not come back as they were`,
    choices: [
      `"types": {"${plan.source.name}.${column}": "text"} keeps every value as it is`,
      '--on-bad-row reject leaves those rows out and writes them to a reject file',
    ],
    seenAt: [row.locator],
  });
}

/** Problems that stop the run: those of columns whose bad rows nobody asked to leave out. */
function openProblems(known: ColumnProblem[], bad: BadRows, rules: MoveRules): ColumnProblem[] {
  if (rules.onBadRow === 'reject') return [];
  const knownColumns = new Set(known.map((problem) => problem.column));
  const found = [...bad.columns.values()].filter(
    (problem) =>
      !knownColumns.has(problem.column) &&
      rules.columns.get(`${problem.table}.${problem.column}`)?.onBadValue !== 'reject',
  );
  return [...known, ...found];
}
