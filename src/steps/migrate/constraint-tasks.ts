import type { Client } from 'pg';
import type { CheckDdl, ForeignKeyDdl } from '../../schema/emit.js';
import { quoteIdent } from '../../schema/identifiers.js';
import { qualified } from '../../schema/target-schema.js';
import type { MovePlan } from '../../snapshot/plan-move.js';
import type { BrokenRule, Migration } from '../context.js';
import { completeTaskId, constraintExists } from './index-tasks.js';
import type { TableTally } from './table-tally.js';
import type { Task } from './work-queue.js';

/** Work of looking up a parent for a row, in the unit of copying a page. */
const VALIDATE_COST = 0.005;

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
  const leftOut: Rule[] = [];
  const note = (rule: Rule, broken: BrokenRows, choice: 'omit' | 'not-valid') => {
    if (choice === 'omit') leftOut.push(rule);
    return { table: rule.table, name: rule.name, ...broken, outcome: OUTCOMES[choice] };
  };
  const validations: Validation[] = [
    ...plan.ddl.checks.map((rule) => ({
      rule,
      tables: [rule.table],
      run: async (client: Client) => {
        const broken = await validate(client, rule, CHECK_VIOLATION);
        if (broken !== null) brokenChecks.push(note(rule, broken, options.brokenChecks));
      },
    })),
    ...plan.ddl.foreignKeys.map((rule) => ({
      rule,
      tables: [rule.table, rule.parent],
      run: async (client: Client) => {
        const broken = await validate(client, rule, FOREIGN_KEY_VIOLATION);
        if (broken === null) return;
        const { rows: orphans, ...rest } = note(rule, broken, options.brokenForeignKeys);
        brokenForeignKeys.push({ ...rest, orphans });
      },
    })),
  ];
  const rowsOf = (table: string) => tallies.get(table)?.table.examined.rows ?? 0;
  const last = new Map<string, string>();
  const tasks = validations.flatMap((validation) => {
    const { table } = validation.rule;
    const pair = tasksOf(validation, last.get(table), VALIDATE_COST * rowsOf(table));
    last.set(table, pair[1].id);
    return pair;
  });
  return [...tasks, leaveOutTask(leftOut, [...last.values()])];
}

type Rule = CheckDdl | ForeignKeyDdl;
type BrokenRows = Pick<BrokenRule, 'rows' | 'examples'>;

const OUTCOMES = { omit: 'left out', 'not-valid': 'not validated' } as const;

interface Validation {
  rule: Rule;
  /** What the rule is of, and refers to: adding it locks them. */
  tables: readonly string[];
  run: Task<Client>['run'];
}

/** @param behind the validation of the table's rule before this one: the table can have one at a time */
function tasksOf(
  { rule, tables, run }: Validation,
  behind: string | undefined,
  cost: number,
): [Task<Client>, Task<Client>] {
  const added = `add ${rule.table} ${rule.name}`;
  return [
    {
      id: added,
      after: tables.map(completeTaskId),
      cost: 0,
      exclusive: lockNames(tables),
      run: async (client) => {
        if (!(await constraintExists(client, rule))) await client.query(rule.addSql);
      },
    },
    {
      id: `validate ${rule.table} ${rule.name}`,
      after: behind === undefined ? [added] : [added, behind],
      cost,
      exclusive: lockNames([rule.table]),
      run,
    },
  ];
}

/** Dropping a foreign key locks its parent as well: so nothing else is under way by then. */
function leaveOutTask(leftOut: readonly Rule[], after: string[]): Task<Client> {
  return {
    id: 'leave out broken rules',
    after,
    cost: 0,
    run: async (client) => {
      for (const { table, name } of leftOut) {
        await client.query(`ALTER TABLE ${qualified(table)} DROP CONSTRAINT ${quoteIdent(name)}`);
      }
    },
  };
}

function lockNames(tables: readonly string[]): string[] {
  return [...new Set(tables)].map((table) => `table ${table}`);
}

/**
 * A rule that the source declared and did not enforce: the game must go on as it did.
 *
 * @returns null when no row breaks it
 */
async function validate(client: Client, rule: Rule, violation: string): Promise<BrokenRows | null> {
  try {
    await client.query(rule.validateSql);
    return null;
  } catch (error) {
    if ((error as { code?: string }).code !== violation) throw error;
  }
  const { rows } = await client.query<{ broken: string; key: string }>(rule.brokenSql, [
    EXAMPLES_MAX,
  ]);
  return { rows: Number(rows[0]?.broken ?? 0), examples: rows.map(({ key }) => key) };
}
