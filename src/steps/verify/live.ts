import type { Target } from '../../drivers/postgres.js';
import { openSource, type Source } from '../../drivers/sqlite.js';
import type { FollowedTable } from '../../sync/followed-table.js';
import { type FollowRules, tablesToFollow } from '../../sync/followed-tables.js';
import { readFacts } from '../../sync/postgres/facts.js';
import { readLoggedKeys } from '../../sync/postgres/read-changes.js';
import { changeReader } from '../../sync/sqlite/change-log.js';
import { stateReader } from '../../sync/sqlite/state.js';
import type { PairedTable } from '../../sync/tables/paired-table.js';
import type { Difference } from '../context.js';
import { holdMoment, type Sides } from './sides.js';

/**
 * Both sides of a live system, the follower seen at an earlier position than the authority. Rows that
 * changed in between differ rightly. They are not looked at: when they are applied, they are read
 * back and compared, as is whatever changes later. So a verify that finds nothing proves the
 * two sides equal from then on.
 */
export interface LiveMoment {
  sides: Sides;
  /** By the places of `rowKey`; empty for a table that nobody follows. */
  rowKeyOf(table: PairedTable): readonly number[] | undefined;
  /** Whether a row changed between the two positions. */
  isPending(difference: Difference): boolean;
  /** Told of every difference that is one. */
  onDifference(difference: Difference): void;
  /** Rows that were found to differ, for having them copied again. */
  readonly different: ReadonlyMap<FollowedTable, string[][]>;
}

/** Whether a target follows a SQLite file, or is followed by one. */
export async function isLinked(target: Target): Promise<'sqlite' | 'postgres' | null> {
  const client = await target.connect();
  try {
    // A role that may not look into our schema is none that moves anything.
    const { rows } = await client.query<{ may: string }>(
      `SELECT has_schema_privilege(oid, 'USAGE') AS may FROM pg_namespace WHERE nspname = 'cardctl'`,
    );
    if (rows[0]?.may !== 't') return null;
    const { isInstalled, authority } = await readFacts(client, null);
    return isInstalled ? authority.store : null;
  } finally {
    await client.end();
  }
}

/**
 * Opens both sides of a move that is under way, the follower first: its position is then never ahead
 * of the authority's.
 *
 * @param authority as `isLinked` found it
 * @param takeSnapshot copies the source to `snapshotPath`
 */
export async function openLive(
  {
    target,
    snapshotPath,
    rules,
    authority,
  }: {
    target: Target;
    snapshotPath: string;
    rules: FollowRules;
    authority: 'sqlite' | 'postgres';
  },
  takeSnapshot: () => Promise<unknown>,
): Promise<LiveMoment> {
  if (authority === 'postgres') await takeSnapshot();
  const client = await holdMoment(target);
  try {
    if (authority === 'sqlite') await takeSnapshot();
    const source = openSource(snapshotPath);
    try {
      return await momentOf({ source, client }, rules, authority);
    } catch (error) {
      source.close();
      throw error;
    }
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function momentOf(
  sides: Sides,
  rules: FollowRules,
  authority: 'sqlite' | 'postgres',
): Promise<LiveMoment> {
  const tables = await tablesToFollow(sides.source.db, sides.client, rules);
  const pending =
    authority === 'sqlite'
      ? await pendingInSource(sides, tables)
      : await pendingInTarget(sides, tables);
  const byTarget = new Map(tables.map((each) => [each.table.targetName, each]));
  const different = new Map<FollowedTable, string[][]>();
  return {
    sides,
    different,
    rowKeyOf: ({ targetName }) => byTarget.get(targetName)?.key.map(({ index }) => index),
    isPending: ({ table, rowKey, source, target }) => {
      const keys = pending.get(table);
      if (keys === undefined) return false;
      if (rowKey !== undefined) return keys.has(nameOf(rowKey));
      // A difference of counts: those rows may be there or not.
      return Math.abs(Number(source) - Number(target)) <= keys.size;
    },
    onDifference: ({ table, rowKey }) => {
      const followed = byTarget.get(table);
      if (followed === undefined || rowKey === undefined) return;
      const keys = different.get(followed) ?? [];
      different.set(followed, keys);
      keys.push(rowKey);
    },
  };
}

/** Names of rows, by the target's name of their table. */
type Pending = Map<string, Set<string>>;

async function pendingInSource(
  { source, client }: Sides,
  tables: readonly FollowedTable[],
): Promise<Pending> {
  const { applied } = await readFacts(client, null);
  const pending: Pending = new Map();
  if (applied === null) return pending;
  const read = changeReader({ reader: source.db, path: source.path }, tables);
  let behind = applied.position;
  for (let set = read(behind, applied.epoch); set !== null; set = read(behind, applied.epoch)) {
    for (const { table, keys } of set.tables) add(pending, table, keys);
    behind = set.to;
  }
  return pending;
}

async function pendingInTarget(
  { source, client }: Sides,
  tables: readonly FollowedTable[],
): Promise<Pending> {
  const applied = appliedIn(source);
  const pending: Pending = new Map();
  if (applied === null) return pending;
  for (const [number, keys] of await readLoggedKeys(client, applied.position)) {
    const table = tables.find((each) => each.number === number);
    if (table !== undefined) add(pending, table, keys as string[][]);
  }
  return pending;
}

function appliedIn({ db }: Source) {
  return stateReader(db)()?.applied ?? null;
}

function add(pending: Pending, { table }: FollowedTable, keys: readonly string[][]): void {
  const known = pending.get(table.targetName) ?? new Set();
  pending.set(table.targetName, known);
  for (const key of keys) known.add(nameOf(key));
}

function nameOf(key: readonly string[]): string {
  return JSON.stringify(key);
}
