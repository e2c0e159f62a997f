import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { CardctlError } from '../../../src/lib/errors.js';
import type { MovePlan } from '../../../src/snapshot/plan-move.js';
import { sha256Of } from '../../support/backup-run.js';
import { atEnd } from '../../support/cleanup.js';
import { comparePlainly, type TablePair } from '../../support/compare-plainly.js';
import { migrateInProcess } from '../../support/migrate.js';
import { createDatabase } from '../../support/postgres.js';
import { makeDatabase, quoted, type Recipe, recipes } from '../../support/random-database.js';
import { tempDir } from '../../support/temp-dir.js';

const RUNS = Number(process.env.CARDCTL_PROPERTY_RUNS ?? 60);

let targetUrl: string;
/** Gives every value as the server's own text. */
let client: pg.Client;

beforeAll(async () => {
  targetUrl = (await createDatabase()).url;
  const types = { getTypeParser: () => (text: string) => text };
  client = new pg.Client({
    connectionString: targetUrl,
    types: types as unknown as pg.CustomTypesConfig,
  });
  await client.connect();
  atEnd(() => client.end());
});

test('any database moves with every value equal, or is refused by table, column and keys before the target is touched', {
  timeout: 20_000 + RUNS * 3_000,
}, async () => {
  const seed = Number(process.env.CARDCTL_SEED ?? Date.now() & 0x7fffffff);
  console.log(`random-schemas: CARDCTL_SEED=${seed} CARDCTL_PROPERTY_RUNS=${RUNS}`);
  const outcomes = { moved: 0, refused: 0 };
  const property = fc.asyncProperty(recipes, async (recipe) => {
    outcomes[await moves(recipe)]++;
  });
  await fc.assert(property, { seed, numRuns: RUNS, interruptAfterTimeLimit: RUNS * 3_000 });
  console.log(`random-schemas: ${outcomes.moved} moved, ${outcomes.refused} refused`);
  // Else it would prove little.
  expect(outcomes.moved).toBeGreaterThan(RUNS / 2);
});

async function moves(recipe: Recipe): Promise<'moved' | 'refused'> {
  const workDir = await tempDir();
  const sourcePath = join(workDir, 'source.db');
  fc.pre(makeDatabase(sourcePath, recipe).length > 0);
  const sha256 = sha256Of(sourcePath);
  await emptyTarget();
  // The snapshot is there already, as in a run that goes on: to take it would need a process each.
  mkdirSync(join(workDir, 'snapshots'));
  copyFileSync(sourcePath, join(workDir, 'snapshots', 'test-run.db'));
  const run = migrateInProcess({ sourcePath, targetUrl, workDir, options: { resume: true } });
  const outcome = await run.then(
    async ({ migration }) => {
      const pairs = pairsOf(migration.plan as MovePlan);
      expect(await comparePlainly(sourcePath, client, pairs)).toEqual({
        differences: [],
        misfits: {},
      });
      await expectNextIdsFree(sourcePath, migration.plan as MovePlan);
      return 'moved' as const;
    },
    async (error: unknown) => {
      expectNamesRows(error);
      expect(await relationsInTarget()).toEqual([]);
      return 'refused' as const;
    },
  );
  expect(sha256Of(sourcePath)).toBe(sha256);
  return outcome;
}

/** Every column that the source has, by name. A generated one need not be there. */
function pairsOf(plan: MovePlan): TablePair[] {
  return plan.tables.map(({ plan: table }) => ({
    source: table.source.name,
    target: table.targetName,
    columns: table.columns
      .filter(({ source, generatedAs }) => source.generated === null || generatedAs !== undefined)
      .map(({ source, targetName }) => ({ source: source.name, target: targetName })),
  }));
}

async function expectNextIdsFree(sourcePath: string, plan: MovePlan): Promise<void> {
  const db = new Database(sourcePath, { readonly: true });
  db.defaultSafeIntegers(true);
  try {
    for (const { plan: table } of plan.tables) {
      const { name, rowidAlias } = table.source;
      if (!table.identity || rowidAlias === null) continue;
      const highest = db
        .prepare<[], bigint | null>(`SELECT max(${quoted(rowidAlias)}) FROM ${quoted(name)}`)
        .pluck()
        .get();
      const { rows } = await client.query<{ next: string }>(
        `SELECT nextval(pg_get_serial_sequence($1, $2)) AS next`,
        [`public.${client.escapeIdentifier(table.targetName)}`, table.identity.column],
      );
      expect(BigInt(rows[0]?.next ?? 0)).toBeGreaterThan(highest ?? 0n);
    }
  } finally {
    db.close();
  }
}

function expectNamesRows(error: unknown): void {
  if (!(error instanceof CardctlError) || error.details.problems === undefined) throw error;
  expect(error.code).toBe('refused');
  const problems = error.details.problems as { table: string; column: string; keys: string[] }[];
  expect(problems.length).toBeGreaterThan(0);
  for (const { table, column, keys } of problems) {
    expect(error.message).toContain(`${table}.${column}: `);
    expect(keys.length, `${table}.${column}`).toBeGreaterThan(0);
  }
}

async function emptyTarget(): Promise<void> {
  await client.query(
    'DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS cardctl CASCADE',
  );
}

async function relationsInTarget(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class
     WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'cardctl'))`,
  );
  return rows.map(({ name }) => name);
}
