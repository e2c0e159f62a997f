import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Client } from 'pg';
import { CardctlError } from '../../lib/errors.js';
import { quoteIdent } from '../../schema/identifiers.js';
import { isInTarget } from '../../schema/planned-columns.js';
import { TARGET_SCHEMA } from '../../schema/target-schema.js';
import type { MovePlan } from '../../snapshot/plan-move.js';
import { type Migration, planOf } from '../context.js';
import type { Step } from '../step.js';
import { pauseAutovacuum } from './autovacuum.js';
import { CHUNK_UNITS } from './copy-chunk.js';
import { joinHold } from './hold.js';
import { type LeftOutColumn, readMigrationRecord, recordMigration } from './scaffolding.js';

/** Makes the empty tables, in one transaction with the record that a load has begun. */
export const createSchema: Step<Migration> = {
  name: 'schema',
  title: 'create tables',
  changesTarget: 'whole',

  async check(migration) {
    const client = await migration.target.connect();
    try {
      await checkTarget(client, migration);
    } catch (error) {
      throw migration.target.explain(error);
    } finally {
      await client.end();
    }
  },

  async run(migration) {
    const plan = planOf(migration);
    const fingerprint = fingerprintOf(migration, plan);
    const client = await migration.target.connect();
    try {
      await joinHold(client);
      const record = await readMigrationRecord(client);
      if (migration.options.resume && record !== null) {
        if (record.fingerprint !== fingerprint) throw changedSince();
        return 'there already';
      }
      await client.query('BEGIN');
      if (migration.options.clean) await drop(client, await listRelations(client));
      for (const { table, sql } of plan.ddl.tables) {
        await client.query(sql);
        await client.query(pauseAutovacuum(table));
      }
      await recordMigration(client, migration.run, fingerprint, leftOutColumns(plan));
      await client.query('COMMIT');
    } catch (error) {
      throw migration.target.explain(error);
    } finally {
      await client.end();
    }
    return `${plan.ddl.tables.length} tables`;
  },
};

/** Generated columns without a certain translation. */
function leftOutColumns({ tables }: MovePlan): LeftOutColumn[] {
  return tables.flatMap(({ plan: { source, columns } }) =>
    columns
      .filter((column) => !isInTarget(column))
      .map((column) => ({ table: source.name, column: column.source.name })),
  );
}

interface Relation {
  schema: string;
  name: string;
  kind: 'table' | 'view' | 'materialized view' | 'sequence' | 'foreign table';
}

async function checkTarget(client: Client, migration: Migration): Promise<void> {
  const { options } = migration;
  await refuseAuthority(client);
  const relations = await listRelations(client);
  if (options.resume) {
    const record = await readMigrationRecord(client);
    if (record !== null && record.run !== migration.run) {
      throw new CardctlError('refused', `the target holds another run, ${record.run}`, {
        hint: 'start over with: cardctl migrate --clean',
      });
    }
    if (record !== null || relations.length === 0) return;
  }
  if (relations.length === 0) return;
  const names = relations.map((each) => `${each.kind} ${each.schema}.${each.name}`);
  if (!options.clean) {
    throw new CardctlError('refused', `the target holds ${summary(names)}`, {
      hint: options.resume
        ? 'none of it is from an unfinished run: give another --target, or drop it all with: cardctl migrate --clean'
        : 'go on with an unfinished run with: cardctl migrate --resume   or drop them all with: cardctl migrate --clean',
      details: { relations: names },
    });
  }
  if (!(await options.confirmClean(names))) {
    throw new CardctlError('refused', 'nothing was dropped', {
      hint: 'say yes, or pass --yes, or give another --target',
    });
  }
}

/** What players did since a promote is in the target alone, as far as anybody here can tell. */
async function refuseAuthority(client: Client): Promise<void> {
  const { rows } = await client.query<{ there: string }>(
    `SELECT to_regclass('cardctl.authority') IS NOT NULL AS there`,
  );
  if (rows[0]?.there !== 't') return;
  const said = await client.query(`SELECT 1 FROM cardctl.authority WHERE store = 'postgres'`);
  if (said.rows.length === 0) return;
  throw new CardctlError('refused', 'the target is the authority: players play on it', {
    hint: 'see where the move stands: cardctl status   and go back first: cardctl rollback',
  });
}

function summary(names: string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

async function listRelations(client: Client): Promise<Relation[]> {
  const { rows } = await client.query<Relation>(`
    SELECT n.nspname AS schema, c.relname AS name,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                          WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('${TARGET_SCHEMA}', 'cardctl') AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i', 'e'))
    ORDER BY 1, 3, 2`);
  return rows;
}

/** Views first; tables in one statement, so that their foreign keys do not matter. */
async function drop(client: Client, relations: Relation[]): Promise<void> {
  const names = (kind: Relation['kind']) =>
    relations
      .filter((each) => each.kind === kind && each.schema !== 'cardctl')
      .map((each) => `${quoteIdent(each.schema)}.${quoteIdent(each.name)}`)
      .join(', ');
  for (const kind of ['view', 'materialized view', 'foreign table', 'table', 'sequence'] as const) {
    const list = names(kind);
    if (list !== '') await client.query(`DROP ${kind.toUpperCase()} IF EXISTS ${list}`);
  }
  await client.query('DROP SCHEMA IF EXISTS cardctl CASCADE');
}

/** Of everything that decides what is copied and how: a resumed run must find it unchanged. */
function fingerprintOf({ snapshotPath, options }: Migration, plan: MovePlan): string {
  const { size, mtimeMs } = statSync(snapshotPath);
  const { tables, keys, indexes, checks, foreignKeys } = plan.ddl;
  const facts = {
    snapshot: { size, mtimeMs },
    ddl: [...tables, ...keys, ...indexes].map(({ sql }) => sql),
    constraints: [...checks, ...foreignKeys].map(({ addSql }) => addSql),
    brokenForeignKeys: options.brokenForeignKeys,
    brokenChecks: options.brokenChecks,
    columnRules: [...options.rules.columns].sort(([a], [b]) => (a < b ? -1 : 1)),
    units: plan.tables.map((table) => table.units.pages.length),
    chunkUnits: CHUNK_UNITS,
    rejected: plan.tables.map((table) => table.rejectedRows),
  };
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function changedSince(): CardctlError {
  return new CardctlError(
    'refused',
    'the snapshot or the column rules are not those with which the load began',
    {
      hint: 'restore the configuration and run: cardctl migrate --resume   or start over with: cardctl migrate --clean',
    },
  );
}
