import type { Client } from 'pg';
import { CopyOut } from '../../drivers/copy-out.js';
import type { Target } from '../../drivers/postgres.js';
import { openSource, type Source } from '../../drivers/sqlite.js';
import { CardctlError } from '../../lib/errors.js';
import { converterFor } from '../../schema/convert.js';
import { quoteIdent } from '../../schema/identifiers.js';
import type { ColumnPlan, SourceSchema, SourceTable, TargetType } from '../../schema/model.js';
import { ruleFor } from '../../schema/plan.js';
import { readSchema } from '../../schema/read.js';
import { type TargetNames, targetNames } from '../../schema/target-names.js';
import { qualified } from '../../schema/target-schema.js';
import type { MoveRules } from '../../snapshot/plan-move.js';
import type { Difference, TableComparison, VerifyResult } from '../context.js';
import type { Deps } from '../step.js';
import { compareTable } from './compare-table.js';
import { type ComparedColumn, type ComparedTable, comparedTable } from './compared-table.js';
import { NULL_TEXT } from './copy-fields.js';
import { sqliteIdent } from './source-rows.js';
import { SourceThread } from './source-thread.js';
import { readTargetCatalog } from './target-catalog.js';
import { timeFormOf } from './time-form.js';

/** Tables compared at the same time: while one waits for the target, SQLite reads for the other. */
const TABLES_AT_ONCE = 2;

export interface VerifyOptions {
  /** A file that nothing writes to. */
  snapshotPath: string;
  target: Target;
  rules: MoveRules;
  /** Compare row counts only. */
  counts: boolean;
  /** Names of source tables; all when empty. */
  tables: readonly string[];
  /** Most differences that are named; all are counted. */
  limit: number;
}

export const VERIFY_TITLE = 'verify every value';

/**
 * Compares every value of every table of a snapshot with the target, both at one point in time.
 *
 * @throws CardctlError `source` or `target` when a side cannot be read
 */
export async function verifyTarget(options: VerifyOptions, deps: Deps): Promise<VerifyResult> {
  const pairs: SidePair[] = [];
  try {
    await openPairs(options, pairs);
    return await compareAll(pairs, options, deps);
  } finally {
    for (const { source } of pairs) source.close();
    await Promise.all(pairs.flatMap(({ thread, client }) => [thread.close(), client.end()]));
  }
}

/** A connection to each side: one table is compared over a pair at a time. */
interface SidePair {
  source: Source;
  thread: SourceThread;
  client: Client;
}

/** Pairs that all see the target at the same moment. */
async function openPairs(
  { snapshotPath, target }: VerifyOptions,
  pairs: SidePair[],
): Promise<void> {
  let moment: string | undefined;
  while (pairs.length < TABLES_AT_ONCE) {
    const source = openSource(snapshotPath);
    const client = await target.connect();
    pairs.push({ source, thread: new SourceThread(snapshotPath), client });
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    if (moment !== undefined) await client.query(`SET TRANSACTION SNAPSHOT '${moment}'`);
    const { rows } = await client.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
    moment ??= rows[0]?.id;
  }
}

async function compareAll(
  pairs: readonly SidePair[],
  options: VerifyOptions,
  deps: Deps,
): Promise<VerifyResult> {
  const { source, client } = pairs[0] as SidePair;
  const schema = readSchema(source.db);
  const catalog = await readTargetCatalog(client);
  const differences: Difference[] = [];
  let differencesTotal = 0;
  const differ = (difference: Difference) => {
    differencesTotal++;
    if (differences.length < options.limit) differences.push(difference);
  };
  const names = targetNames(schema);
  const waiting = chosenTables(schema, options.tables)
    .map((table, number) => {
      const targetName = names.table(table.name);
      const columns = catalog.get(targetName);
      if (columns === undefined) {
        differ({ table: targetName, key: '', kind: 'missing in target' });
        return null;
      }
      const plans = columnPlans(table, columns, names, options.rules, differ).map((plan) =>
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
        options.rules.onBadRow === 'reject',
      );
    })
    .filter((table) => table !== null);
  // The largest first, so that neither pair is left alone with it at the end.
  const bySize = [...catalog.keys()];
  waiting.sort((a, b) => bySize.indexOf(a.targetName) - bySize.indexOf(b.targetName));
  const tables: TableComparison[] = [];
  const compare = options.counts ? compareCounts : compareValues;
  const compareNext = async (pair: SidePair) => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      tables.push(await compare(pair, table, deps, differ));
    }
  };
  await Promise.all(pairs.map(compareNext));
  return { equal: differencesTotal === 0, tables, differences, differencesTotal };
}

/** Rowid tables may hold NULLs in a primary key that is not the rowid. */
function keyHoldsNull(source: Source, table: SourceTable): boolean {
  if (table.withoutRowid || table.rowidAlias !== null || table.primaryKey.length === 0)
    return false;
  const isNull = table.primaryKey.map((name) => `${sqliteIdent(name)} IS NULL`).join(' OR ');
  const sql = `SELECT EXISTS (SELECT 1 FROM ${sqliteIdent(table.name)} WHERE ${isNull})`;
  return source.db.prepare<[], bigint>(sql).pluck().get() === 1n;
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
  differ: (difference: Difference) => void,
): ColumnPlan[] {
  return table.columns.flatMap((source): ColumnPlan[] => {
    const targetName = names.column(table.name, source.name);
    const type = columns.get(targetName);
    if (type === undefined) {
      // A generated column without a certain translation is reported by migrate and left out.
      if (source.generated === null) {
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

async function compareValues(
  { thread, client }: SidePair,
  table: ComparedTable,
  deps: Deps,
  differ: (difference: Difference) => void,
): Promise<TableComparison> {
  const total = await countTarget(client, table);
  const compareOnce = (escapes: boolean) => {
    let done = 0;
    let bytesDone = 0;
    return compareTable(table, thread, client.query(new CopyOut(targetSql(table))), {
      escapes,
      signal: deps.signal,
      onDifference: differ,
      onRows: (count, bytes) => {
        done += count;
        bytesDone += bytes;
        deps.report({
          type: 'progress',
          step: VERIFY_TITLE,
          task: table.targetName,
          unit: 'rows',
          done,
          total: Math.max(total, done),
          bytes: bytesDone,
        });
      },
    });
  };
  const result = await compareOnce(false);
  if (result.differences > 0 || result.rows - result.rejected === total) return result;
  // A line break within a value looked like the end of a row: once more, with every text escaped.
  return compareOnce(true);
}

async function compareCounts(
  { source, client }: SidePair,
  table: ComparedTable,
  _deps: Deps,
  differ: (difference: Difference) => void,
): Promise<TableComparison> {
  const sql = `SELECT count(*) FROM ${sqliteIdent(table.source.name)}`;
  const left = Number(source.db.prepare<[], bigint>(sql).pluck().get() ?? 0n);
  const right = await countTarget(client, table);
  const result = { table: table.targetName, rows: left, rejected: 0, differences: 0 };
  if (left === right) return result;
  differ({
    table: table.targetName,
    key: '',
    kind: 'different value',
    column: 'count(*)',
    source: String(left),
    target: String(right),
  });
  return { ...result, differences: Math.abs(left - right) };
}

async function countTarget(client: Client, table: ComparedTable): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) AS count FROM ${qualified(table.targetName)}`,
  );
  return Number(rows[0]?.count ?? 0);
}

function targetSql(table: ComparedTable): string {
  const columns = table.columns.map(({ plan }) => quoteIdent(plan.targetName)).join(', ');
  const order = table.key.map((column) => orderBy(column, table.pageable)).join(', ');
  return `COPY (SELECT ${columns} FROM ${qualified(table.targetName)} ORDER BY ${order}) TO STDOUT (NULL '${NULL_TEXT}')`;
}

/**
 * Converted values are put in order by their text: that is what SQLite sorts on its side. A key
 * that is never NULL goes without NULLS FIRST, which would keep Postgres from using its index.
 */
function orderBy({ plan }: ComparedColumn, neverNull: boolean): string {
  const column = quoteIdent(plan.targetName);
  const nulls = neverNull ? '' : ' NULLS FIRST';
  if (converterFor(plan) !== null) return `${column}::text COLLATE "C"${nulls}`;
  return plan.type === 'text' ? `${column} COLLATE "C"${nulls}` : `${column}${nulls}`;
}
