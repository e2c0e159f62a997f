import { expect } from 'vitest';
import type { Listed, Moves } from '../../../fixtures/hard-cases/hard-case.js';
import type { Untranslated } from '../../../src/schema/model.js';
import type { Migration } from '../../../src/steps/context.js';
import type { MigrateRun } from '../../support/migrate.js';
import { keyText } from './source.js';

interface Found {
  what: Listed['what'];
  table: string;
  name: string;
  count: number | undefined;
  keys: string[] | undefined;
}

/**
 * What is reported as left out is what the case says, and nothing else.
 *
 * @returns whether a thing was reported
 */
export function expectListed(
  expected: Moves,
  { migration }: MigrateRun,
): (listed: Listed) => boolean {
  const found = [
    ...(migration.plan?.untranslated ?? []).map(asListed),
    ...migration.brokenChecks.map(({ rows: count, examples: keys, table, name }) => ({
      what: 'check' as const,
      table,
      name,
      count,
      keys,
    })),
    ...migration.brokenForeignKeys.map((each) => brokenAsListed(each, migration)),
  ];
  const isFound = (listed: Listed) => found.some((each) => isSame(each, listed));
  if (expected.listed === undefined) return isFound;
  for (const listed of expected.listed) {
    const one = found.find((each) => isSame(each, listed));
    expect(one, `${textOf(listed)} is listed`).toBeDefined();
    if (listed.count !== undefined) expect(one?.count, textOf(listed)).toBe(listed.count);
    if (listed.keys !== undefined)
      expect(one?.keys, textOf(listed)).toEqual(listed.keys.map(keyText));
  }
  const allowed = [...expected.listed, ...(expected.mayBeListed ?? [])];
  const others = found.filter((each) => !allowed.some((listed) => isSame(each, listed)));
  expect(others.map(textOf), 'nothing else is listed').toEqual([]);
  return isFound;
}

/** What is no table has no table either. */
const NOT_TABLES = ['view', 'trigger', 'virtual table', 'shadow table'];

function isSame(found: Found, listed: Listed): boolean {
  if (found.what !== listed.what || found.name !== listed.name) return false;
  return found.table === listed.table || NOT_TABLES.includes(found.what);
}

function asListed(each: Untranslated): Found {
  const facts = {
    what: each.what,
    table: each.table,
    count: each.count,
    keys: each.keys,
  };
  const columns = /^(?:FOREIGN|PRIMARY) KEY \(([^)]*)\)/.exec(each.sql)?.[1];
  return { ...facts, name: columns ?? each.name };
}

function brokenAsListed(
  { table, name, orphans, examples }: Migration['brokenForeignKeys'][number],
  { plan }: Migration,
): Found {
  const key = plan?.tables
    .filter((each) => each.plan.targetName === table)
    .flatMap(({ plan: { source } }) => source.foreignKeys)
    .find(({ columns }) => name === `${table}_${columns.join('_')}_fkey`);
  return {
    what: 'foreign key',
    table,
    name: key?.columns.join(', ') ?? name,
    count: orphans,
    keys: examples,
  };
}

function textOf({ what, table, name }: Pick<Listed, 'what' | 'table' | 'name'>): string {
  return `${what} ${name} of ${table}`;
}
