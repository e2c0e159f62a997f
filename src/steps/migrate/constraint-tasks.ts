import type { Client } from 'pg';
import type { CheckDdl, ForeignKeyDdl } from '../../schema/emit.js';
import { quoteIdent } from '../../schema/identifiers.js';
import { qualified } from '../../schema/target-schema.js';
import type { MovePlan } from '../../snapshot/plan-move.js';
import type { BrokenRule, Migration } from '../context.js';
import { completeTaskId, constraintExists } from './index-tasks.js';
import type { TableTally } from './table-tally.js';
import type { Task } from './work-queue.js';

/** Work of looking up a parent for every row, in the unit of copying a page. */
const VALIDATE_COST = 0.3;

/** The SQLSTATEs with which Postgres says that a row breaks the rule. */
const FOREIGN_KEY_VIOLATION = '23503';
const CHECK_VIOLATION = '23514';

const EXAMPLES_MAX = 5;

/**
 * Checks and foreign keys: each added unchecked, which locks its tables for a moment, and then
 * validated. One that rows break is named, and left out or left unvalidated by choice.
 */
export function constraintTasks(
  migration: Migration,
  plan: MovePlan,
  tallies: ReadonlyMap<string, TableTally>,
): Task<Client>[] {
  const { options, brokenChecks, brokenForeignKeys } = migration;
  const pagesOf = (table: string) => tallies.get(table)?.table.units.pages.length ?? 0;
  const checks = plan.ddl.checks.flatMap((check) =>
    tasksOf(
      check,
      { tables: [check.table], held: [check.table], pages: pagesOf(check.table) },
      async (client) => {
        const broken = await validate(client, check, CHECK_VIOLATION, options.brokenChecks);
        if (broken !== null) brokenChecks.push({ ...named(check), ...broken });
      },
    ),
  );
  const foreignKeys = plan.ddl.foreignKeys.flatMap((key) => {
    const tables = [key.table, key.parent];
    const held = options.brokenForeignKeys === 'omit' ? tables : [key.table];
    return tasksOf(key, { tables, held, pages: pagesOf(key.table) }, async (client) => {
      const broken = await validate(client, key, FOREIGN_KEY_VIOLATION, options.brokenForeignKeys);
      if (broken === null) return;
      const { rows: orphans, ...rest } = broken;
      brokenForeignKeys.push({ ...named(key), orphans, ...rest });
    });
  });
  return [...checks, ...foreignKeys];
}

interface Reach {
  /** What the rule is of, and refers to. */
  tables: readonly string[];
  /**
   * What nothing else may lock while it is validated: all that is locked when it is dropped, or two
   * that refer to each other would wait for each other.
   */
  held: readonly string[];
  /** Of the table that it is of. */
  pages: number;
}

function tasksOf(
  rule: CheckDdl,
  { tables, held, pages }: Reach,
  validates: Task<Client>['run'],
): Task<Client>[] {
  const added = `add ${rule.table} ${rule.name}`;
  return [
    {
      id: added,
      after: tables.map(completeTaskId),
      cost: Number.MAX_SAFE_INTEGER,
      exclusive: lockNames(tables),
      run: async (client) => {
        if (!(await constraintExists(client, rule))) await client.query(rule.addSql);
      },
    },
    {
      id: `validate ${rule.table} ${rule.name}`,
      after: [added],
      cost: VALIDATE_COST * pages,
      exclusive: lockNames(held),
      run: validates,
    },
  ];
}

function lockNames(tables: readonly string[]): string[] {
  return [...new Set(tables)].map((table) => `table ${table}`);
}

/** A rule that the source declared and did not enforce: the game must go on as it did. */
async function validate(
  client: Client,
  rule: CheckDdl | ForeignKeyDdl,
  violation: string,
  choice: 'omit' | 'not-valid',
): Promise<Omit<BrokenRule, 'table' | 'name'> | null> {
  try {
    await client.query(rule.validateSql);
    return null;
  } catch (error) {
    if ((error as { code?: string }).code !== violation) throw error;
  }
  const { rows } = await client.query<{ broken: string; key: string }>(rule.brokenSql, [
    EXAMPLES_MAX,
  ]);
  if (choice === 'omit') {
    await client.query(
      `ALTER TABLE ${qualified(rule.table)} DROP CONSTRAINT ${quoteIdent(rule.name)}`,
    );
  }
  return {
    rows: Number(rows[0]?.broken ?? 0),
    examples: rows.map(({ key }) => key),
    outcome: choice === 'omit' ? 'left out' : 'not validated',
  };
}

function named({ table, name }: CheckDdl): Pick<BrokenRule, 'table' | 'name'> {
  return { table, name };
}
