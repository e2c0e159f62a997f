import type { Client } from 'pg';
import type { KeyDdl } from '../../schema/emit.js';
import { qualified } from '../../schema/target-schema.js';
import type { MovePlan } from '../../snapshot/plan-move.js';
import type { Migration } from '../context.js';
import { resumeAutovacuum } from './autovacuum.js';
import type { TableTally } from './table-tally.js';
import type { Task } from './work-queue.js';

/** Work of sorting a row into an index, in the unit of copying a page. */
const INDEX_COST = 0.01;

/** Work of ANALYZE, which takes a sample of a table, in the same unit. */
const ANALYZE_COST = 3_000;

/**
 * Indexes, keys, next ids and statistics of every table, each as a task that waits for what it
 * needs. A task whose result is in the catalog already is done: the same list serves a resumed run.
 */
export function indexTasks(
  migration: Migration,
  plan: MovePlan,
  tallies: ReadonlyMap<string, TableTally>,
): Task<Client>[] {
  const { keys, indexes } = plan.ddl;
  const builds = [...keys.map(({ indexSql, ...key }) => ({ ...key, sql: indexSql })), ...indexes];
  return plan.ddl.tables.flatMap(({ table }) => {
    const own = builds
      .filter((index) => index.table === table)
      .map((index) => buildTask(migration, index, tallies.get(table)));
    return [...own, completionTask(plan, table, own)];
  });
}

/** Id of the task that stands for "every chunk of the table is in". */
export function copiedTaskId(targetName: string): string {
  return `copied ${targetName}`;
}

/** Id of the task behind which a table has all but its foreign keys. */
export function completeTaskId(targetName: string): string {
  return `complete ${targetName}`;
}

/** Building takes a SHARE lock, which others that build on the same table have no trouble with. */
function buildTask(
  { clock }: Migration,
  index: { table: string; name: string; sql: string },
  tally: TableTally | undefined,
): Task<Client> {
  return {
    id: `index ${index.name}`,
    after: [copiedTaskId(index.table)],
    cost: INDEX_COST * (tally?.table.examined.rows ?? 0),
    run: async (client) => {
      if (await relationExists(client, index.name)) return;
      const started = clock.monotonicMs();
      await client.query(index.sql);
      if (tally) tally.indexSeconds += (clock.monotonicMs() - started) / 1000;
    },
  };
}

/** What locks the whole table, each for a moment: so it waits until nothing else is done to it. */
function completionTask(plan: MovePlan, table: string, builds: Task<Client>[]): Task<Client> {
  return {
    id: completeTaskId(table),
    after: [copiedTaskId(table), ...builds.map((build) => build.id)],
    cost: ANALYZE_COST,
    run: async (client) => {
      for (const key of plan.ddl.keys.filter((each) => each.table === table)) {
        if (!(await constraintExists(client, key))) await client.query(key.sql);
      }
      for (const { sql } of plan.ddl.sequences.filter((each) => each.table === table)) {
        await client.query(sql);
      }
      await client.query(`ANALYZE ${qualified(table)}`);
      await client.query(resumeAutovacuum(table));
    },
  };
}

async function relationExists(client: Client, name: string): Promise<boolean> {
  const { rows } = await client.query<{ it_does: string }>(
    'SELECT to_regclass($1) IS NOT NULL AS it_does',
    [qualified(name)],
  );
  return rows[0]?.it_does === 't';
}

/** Whether a table has a constraint of this name. */
export async function constraintExists(
  client: Client,
  { table, name }: Pick<KeyDdl, 'table' | 'name'>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    'SELECT 1 FROM pg_constraint WHERE conname = $1 AND conrelid = to_regclass($2)',
    [name, qualified(table)],
  );
  return rowCount === 1;
}
