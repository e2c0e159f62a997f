import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import type {
  HardCase,
  Moves,
  Outcome,
  Rules,
  Stops,
} from '../../../fixtures/hard-cases/hard-case.js';
import { buildCase, HARD_CASES } from '../../../fixtures/hard-cases/index.js';
import { errorOf, sha256Of } from '../../support/backup-run.js';
import { comparePlainly } from '../../support/compare-plainly.js';
import { type MigrateRun, migrateInProcess } from '../../support/migrate.js';
import { createDatabase } from '../../support/postgres.js';
import { tempDir } from '../../support/temp-dir.js';
import { expectListed } from './listed.js';
import { expectRejected, keyText, tablePairs } from './source.js';
import {
  columnTypes,
  openPlain,
  primaryKeys,
  relationsOf,
  rowCount,
  runProbe,
  valuesOf,
} from './target.js';

let directory = '';

beforeAll(async () => {
  directory = await tempDir();
});

describe.each(HARD_CASES)('$name', (hardCase) => {
  const sourcePath = () => join(directory, `${hardCase.name}.db`);

  beforeAll(() => buildCase(hardCase.name, sourcePath()));

  for (const { title, rules, ...outcome } of outcomesOf(hardCase)) {
    it(title, async () => {
      const source = sourcePath();
      const sha256 = sha256Of(source);
      const database = await createDatabase();
      const client = await openPlain(database.url);
      const request = {
        sourcePath: source,
        targetUrl: database.url,
        workDir: await tempDir(),
        rules,
      };
      if (outcome.outcome === 'stops') {
        await expectStops(outcome, migrateInProcess(request), client);
      } else {
        const run = await migrateInProcess(request);
        await expectMoves(outcome, run, client, rules);
      }
      expect(sha256Of(source), 'the source is as it was').toBe(sha256);
      for (const suffix of ['-journal', '-wal', '-shm']) {
        expect(existsSync(source + suffix), suffix).toBe(false);
      }
    });
  }
});

type Titled = Outcome & { title: string; rules: Rules };

function outcomesOf({ expect: { variants = [], ...outcome } }: HardCase): Titled[] {
  const title =
    outcome.outcome === 'stops' ? 'stops and names the rows' : 'moves, every value as it was';
  return [{ ...outcome, title, rules: {} }, ...variants];
}

async function expectStops(
  expected: Stops,
  run: Promise<unknown>,
  client: pg.Client,
): Promise<void> {
  const error = await errorOf(run);
  expect(error.code).toBe('refused');
  const problems = error.details.problems as {
    table: string;
    column: string;
    kind: string;
    count: number;
    keys: string[];
    choices: string[];
  }[];
  const facts = (problems ?? []).map(({ table, column, kind, count, keys }) => ({
    table,
    column,
    kind,
    count,
    keys,
  }));
  expect(sorted(facts), error.message).toEqual(
    sorted(
      expected.problems.map(({ table, column, kind, count, keys }) => ({
        table,
        column,
        kind,
        count,
        keys: keys.map(keyText),
      })),
    ),
  );
  for (const { table, column, kind, choices = [], keys } of expected.problems) {
    const found = problems.find(
      (each) => each.table === table && each.column === column && each.kind === kind,
    );
    const offered = found?.choices.join('\n') ?? '';
    expect(offered, `${table}.${column} offers a choice`).not.toBe('');
    for (const choice of choices) expect(offered).toContain(choice);
    for (const key of keys) expect(error.message).toContain(keyText(key));
  }
  expect(await relationsOf(client), 'nothing was made in the target').toEqual([]);
}

async function expectMoves(
  expected: Moves,
  run: MigrateRun,
  client: pg.Client,
  rules: Rules,
): Promise<void> {
  const pairs = tablePairs(run.migration);
  const name = (table: string) => pairs.find(({ source }) => source === table)?.target ?? table;
  for (const [table, types] of Object.entries(expected.types ?? {})) {
    expect(await columnTypes(client, name(table)), table).toMatchObject(types);
  }
  for (const [table, rows] of Object.entries(expected.rows ?? {})) {
    expect(await rowCount(client, name(table)), table).toBe(rows);
  }
  for (const { table, key, values } of expected.values ?? []) {
    const pair = pairs.find(({ source }) => source === table);
    if (pair === undefined) throw new Error(`${table} was not moved`);
    expect(
      await valuesOf(client, pair, key, Object.keys(values)),
      `${table} ${keyText(key)}`,
    ).toEqual([values]);
  }
  for (const [table, key] of Object.entries(expected.primaryKeys ?? {})) {
    expect(await primaryKeys(client, name(table)), `primary key of ${table}`).toEqual(key);
  }
  const listed = expectListed(expected, run);
  for (const probe of expected.probes ?? []) await runProbe(client, probe, listed);
  const rejects = readRejects(run);
  expectRejected(expected, rejects);
  expect(run.migration.verified).toMatchObject({ equal: true, differences: [] });
  const plainly = await comparePlainly(run.migration.sourcePath, client, pairs, rules);
  expect(plainly.differences).toEqual([]);
  const misfits = Object.values(plainly.misfits).reduce((sum, count) => sum + count, 0);
  expect(rejects.length, 'rows in the reject file').toBe(misfits);
}

function readRejects({ rejectFile }: MigrateRun) {
  if (!existsSync(rejectFile)) return [];
  const lines = readFileSync(rejectFile, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

function sorted<T>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
