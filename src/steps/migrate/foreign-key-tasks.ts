import type { Client } from 'pg';
import type { ForeignKeyDdl } from '../../schema/emit.js';
import { quoteIdent } from '../../schema/identifiers.js';
import { qualified } from '../../schema/target-schema.js';
import type { MovePlan } from '../../snapshot/plan-move.js';
import type { Migration } from '../context.js';
import { completeTaskId, constraintExists } from './index-tasks.js';
import type { TableTally } from './table-tally.js';
import type { Task } from './work-queue.js';

/** Work of looking up a parent for every row, in the unit of copying a page. */
const VALIDATE_COST = 0.3;

/** `foreign_key_violation` */
const FOREIGN_KEY_VIOLATION = '23503';

const EXAMPLES_MAX = 5;

/** Foreign keys: each added unchecked, which locks both tables for a moment, and then validated. */
export function foreignKeyTasks(
  migration: Migration,
  plan: MovePlan,
  tallies: ReadonlyMap<string, TableTally>,
): Task<Client>[] {
  return plan.ddl.foreignKeys.flatMap((key): Task<Client>[] => {
    const child = `table ${key.table}`;
    const parent = `table ${key.parent}`;
    const added = `add ${key.table} ${key.name}`;
    return [
      {
        id: added,
        after: [completeTaskId(key.table), completeTaskId(key.parent)],
        cost: Number.MAX_SAFE_INTEGER,
        exclusive: [...new Set([child, parent])],
        run: async (client) => {
          if (!(await constraintExists(client, key))) await client.query(key.addSql);
        },
      },
      {
        id: `validate ${key.table} ${key.name}`,
        after: [added],
        cost: VALIDATE_COST * (tallies.get(key.table)?.table.units.pages.length ?? 0),
        exclusive: [child],
        run: (client) => validate(migration, client, key),
      },
    ];
  });
}

async function validate(migration: Migration, client: Client, key: ForeignKeyDdl) {
  try {
    await client.query(key.validateSql);
  } catch (error) {
    if ((error as { code?: string }).code !== FOREIGN_KEY_VIOLATION) throw error;
    await reportBroken(migration, client, key);
  }
}

/** A foreign key that the source declared and never enforced: the game must go on as it did. */
async function reportBroken(migration: Migration, client: Client, key: ForeignKeyDdl) {
  const omit = migration.options.brokenForeignKeys === 'omit';
  const { rows } = await client.query<{ orphans: string; key: string }>(key.orphanSql, [
    EXAMPLES_MAX,
  ]);
  if (omit) {
    await client.query(
      `ALTER TABLE ${qualified(key.table)} DROP CONSTRAINT ${quoteIdent(key.name)}`,
    );
  }
  migration.brokenForeignKeys.push({
    table: key.table,
    name: key.name,
    orphans: Number(rows[0]?.orphans ?? 0),
    examples: rows.map((row) => row.key),
    outcome: omit ? 'left out' : 'not validated',
  });
}
