import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Target } from '../../drivers/postgres.js';
import { openSource, type Source } from '../../drivers/sqlite.js';
import { CardctlError } from '../../lib/errors.js';
import { converterFor } from '../../schema/convert.js';
import { quoteIdent } from '../../schema/identifiers.js';
import type { ColumnPlan, SourceSchema, SourceTable, TargetType } from '../../schema/model.js';
import { readSchema } from '../../schema/read.js';
import { type TargetNames, targetNames } from '../../schema/target-names.js';
import { qualified } from '../../schema/target-schema.js';
import type { MoveRules } from '../../snapshot/plan-move.js';
import type { Deps } from '../step.js';
import { compareTable, type Difference, type TableComparison } from './compare-table.js';
import { type ComparedColumn, type ComparedTable, comparedTable } from './compared-table.js';
import { SourceRows, sqliteIdent } from './source-rows.js';
import { readTargetCatalog, type TargetCatalog } from './target-catalog.js';

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

export interface VerifyResult {
  equal: boolean;
  tables: TableComparison[];
  /** The first `limit` differences. */
  differences: Difference[];
  differencesTotal: number;
}

export const VERIFY_TITLE = 'verify every value';

/**
 * Compares every value of every table of a snapshot with the target, both at one point in time.
 *
 * @throws CardctlError `source` or `target` when a side cannot be read
 */
export async function verifyTarget(options: VerifyOptions, deps: Deps): Promise<VerifyResult> {
  const source = openSource(options.snapshotPath);
  const readers: Client[] = [];
  try {
    source.db.pragma('mmap_size = 4294967296');
    readers.push(...(await openReaders(options.target)));
    const schema = readSchema(source.db);
    const catalog = await readTargetCatalog(readers[0] as Client);
    return await compareAll(source, schema, catalog, readers, options, deps);
  } finally {
    await Promise.all(readers.map((client) => client.end()));
    source.close();
  }
}

/** Connections that all see the target at the same moment. */
async function openReaders(target: Target): Promise<Client[]> {
  const first = await target.connect();
  await first.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows } = await first.query<{ id: string }>('SELECT pg_export_snapshot() AS id');
  const readers = [first];
  while (readers.length < TABLES_AT_ONCE) {
    const client = await target.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(`SET TRANSACTION SNAPSHOT '${rows[0]?.id}'`);
    readers.push(client);
  }
  return readers;
}

async function compareAll(
  source: Source,
  schema: SourceSchema,
  catalog: TargetCatalog,
  readers: Client[],
  options: VerifyOptions,
  deps: Deps,
): Promise<VerifyResult> {
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
      const plans = columnPlans(table, columns, names, options.rules, differ);
      return comparedTable(number, table, targetName, plans, schema.encoding === 'utf8');
    })
    .filter((table) => table !== null);
  const tables: TableComparison[] = [];
  const compareNext = async (client: Client) => {
    for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
      const compare = options.counts ? compareCounts : compareValues;
      tables.push(await compare(source, client, table, options, deps, differ));
    }
  };
  await Promise.all(readers.map(compareNext));
  return { equal: differencesTotal === 0, tables, differences, differencesTotal };
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
    const rule = rules.columns.get(`${table.name}.${source.name}`) ?? null;
    return [{ source, targetName, type, why: 'the type it has', rule }];
  });
}

async function compareValues(
  source: Source,
  client: Client,
  table: ComparedTable,
  options: VerifyOptions,
  deps: Deps,
  differ: (difference: Difference) => void,
): Promise<TableComparison> {
  const total = await countTarget(client, table);
  let done = 0;
  let bytesDone = 0;
  const rows = new SourceRows(source.db, table);
  return compareTable(table, rows, client.query(copyTo(targetSql(table))), {
    rejects: options.rules.onBadRow === 'reject',
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
}

async function compareCounts(
  source: Source,
  client: Client,
  table: ComparedTable,
  _options: VerifyOptions,
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
  return `COPY (SELECT ${columns} FROM ${qualified(table.targetName)} ORDER BY ${order}) TO STDOUT`;
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
