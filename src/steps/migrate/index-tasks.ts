import type { Client } from 'pg';
import type { ForeignKeyDdl } from '../../schema/emit.js';
import { quoteIdent } from '../../schema/identifiers.js';
import { qualified } from '../../schema/target-schema.js';
import type { MovePlan } from '../../snapshot/plan-move.js';
import type { Migration } from '../context.js';
import type { TableTally } from './table-tally.js';
import type { Task } from './work-queue.js';

/** Work of building an index, in the unit of copying a page. */
const INDEX_COST = 0.5;

/** `foreign_key_violation` */
const FOREIGN_KEY_VIOLATION = '23503';

const EXAMPLES_MAX = 5;

/**
 * Keys, indexes, statistics and foreign keys, each as a task that waits for what it needs. A task
 * whose result is in the catalog already is done: the same list serves a resumed run.
 */
export function indexTasks(
  migration: Migration,
  plan: MovePlan,
  tallies: ReadonlyMap<string, TableTally>,
): Task<Client>[] {
  const built = new Map<string, string[]>();
  const tasks = [...plan.ddl.keys, ...plan.ddl.indexes].map((index): Task<Client> => {
    const id = `index ${index.name}`;
    built.set(index.table, [...(built.get(index.table) ?? []), id]);
    const tally = tallies.get(index.table);
    return {
      id,
      after: [copiedTaskId(index.table)],
      cost: INDEX_COST * (tally?.table.units.pages.length ?? 0),
      exclusive: 'kind' in index ? [`table ${index.table}`] : [],
      run: async (client) => {
        if (await relationExists(client, index.name)) return;
        const started = migration.clock.monotonicMs();
        await client.query(index.sql);
        if (tally) tally.indexSeconds += (migration.clock.monotonicMs() - started) / 1000;
      },
    };
  });
  for (const { table } of plan.ddl.tables) {
    tasks.push({
      id: `analyze ${table}`,
      after: [...(built.get(table) ?? []), copiedTaskId(table)],
      cost: 0,
      run: async (client) => void (await client.query(`ANALYZE ${qualified(table)}`)),
    });
  }
  for (const { table, column, sql } of plan.ddl.sequences) {
    tasks.push({
      id: `sequence ${table}.${column}`,
      after: [copiedTaskId(table)],
      cost: 0,
      exclusive: [`table ${table}`],
      run: async (client) => void (await client.query(sql)),
    });
  }
  const ready = (table: string) => [...(built.get(table) ?? []), copiedTaskId(table)];
  for (const key of plan.ddl.foreignKeys) {
    tasks.push({
      id: `foreign key ${key.name}`,
      after: [...ready(key.table), ...ready(key.parent)],
      cost: INDEX_COST * (tallies.get(key.table)?.table.units.pages.length ?? 0),
      // ALTER TABLE locks child and parent: two at once on the same table would only wait.
      exclusive: [...new Set([`table ${key.table}`, `table ${key.parent}`])],
      run: (client) => addForeignKey(migration, client, key),
    });
  }
  return tasks;
}

/** Id of the task that stands for "every chunk of the table is in". */
export function copiedTaskId(targetName: string): string {
  return `copied ${targetName}`;
}

async function relationExists(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ it_does: string }>(
    'SELECT to_regclass($1) IS NOT NULL AS it_does',
    [qualified(name)],
  );
  return rows[0]?.it_does === 't';
}

async function addForeignKey(migration: Migration, client: Client, key: ForeignKeyDdl) {
  if (!(await constraintExists(client, key))) await client.query(key.addSql);
  try {
    await client.query(key.validateSql);
  } catch (error) {
    if ((error as { code?: string }).code !== FOREIGN_KEY_VIOLATION) throw error;
    await reportBroken(migration, client, key);
  }
}

async function constraintExists(client: Client, key: ForeignKeyDdl): Promise<boolean> {
  const { rowCount } = await client.query(
    'SELECT 1 FROM pg_constraint WHERE conname = $1 AND conrelid = to_regclass($2)',
    [key.name, qualified(key.table)],
  );
  return rowCount === 1;
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
