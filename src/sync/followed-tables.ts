import type Database from 'better-sqlite3';
import type { Client } from 'pg';
import { CardctlError } from '../lib/errors.js';
import type { ColumnRule } from '../schema/model.js';
import { readSchema } from '../schema/read.js';
import { type CapturedTable, capturedTables, type Unfollowable } from './captured-table.js';
import { type FollowedTable, followedTable } from './followed-table.js';
import { pairTables } from './tables/pair-tables.js';
import { readTargetCatalog } from './tables/target-catalog.js';

/** What the config says about columns and rows that do not fit. */
export interface FollowRules {
  columns: ReadonlyMap<string, ColumnRule>;
  onBadRow: 'fail' | 'reject';
}

/**
 * The tables of a source whose changes can be logged.
 *
 * @throws CardctlError `refused`, naming each table that has nothing to tell its rows apart
 */
export function tablesToCapture(db: Database.Database): CapturedTable[] {
  const { captured, unfollowable } = capturedTables(readSchema(db).tables);
  if (unfollowable.length > 0) throw cannotFollow(unfollowable);
  return captured;
}

/**
 * The tables of a source with what they became in the target.
 *
 * @throws CardctlError `refused` when a table cannot be followed, or is not in the target
 */
export async function tablesToFollow(
  db: Database.Database,
  client: Client,
  rules: FollowRules,
): Promise<FollowedTable[]> {
  if (rules.onBadRow === 'reject') throw rejectsRows();
  const schema = readSchema(db);
  const captured = tablesToCapture(db);
  const catalog = await readTargetCatalog(client);
  const { tables, missing } = pairTables(db, schema, schema.tables, {
    catalog,
    columnRules: rules.columns,
    rejectsAll: false,
  });
  if (missing.length > 0) throw isIncomplete(missing);
  const found = captured.map((each) => {
    const table = tables.find(({ source }) => source.name === each.source.name);
    if (table === undefined) return { table: each.source.name, reason: 'it is not in the target' };
    const followed = followedTable(each, table);
    if ('reason' in followed) return followed;
    const key = followed.key.map(({ plan }) => plan.targetName);
    return catalog.isUnique(table.targetName, key) ? followed : isNotKept(each);
  });
  const unfollowable = found.filter((each): each is Unfollowable => 'reason' in each);
  if (unfollowable.length > 0) throw cannotFollow(unfollowable);
  return found as FollowedTable[];
}

/** Once Postgres is the authority it would take two rows that SQLite takes for one. */
function isNotKept({ source, key }: CapturedTable): Unfollowable {
  return {
    table: source.name,
    reason: `no index in the target keeps its ${key.join(', ')} unique: migrate left it out and said why`,
  };
}

function cannotFollow(tables: readonly Unfollowable[]): CardctlError {
  const list = tables.map(({ table, reason }) => `${table}: ${reason}`).join('\n');
  return new CardctlError('refused', `not every table can be followed\n${list}`, {
    hint: 'give such a table a primary key, or move it while the bot is stopped: cardctl migrate',
    details: { tables },
  });
}

function isIncomplete(missing: readonly { table: string; column: string | null }[]): CardctlError {
  const names = missing.map(({ table, column }) =>
    column === null ? table : `${table}.${column}`,
  );
  return new CardctlError('refused', `the target does not have ${names.join(', ')}`, {
    hint: 'load it anew: cardctl migrate --follow --clean',
    details: { missing },
  });
}

/** A row that was left out has no twin: what happens to it later could not be applied. */
function rejectsRows(): CardctlError {
  return new CardctlError('refused', 'rows that do not fit cannot be left out while following', {
    hint: 'set "onBadRow": "fail", and say per column what becomes of such values: cardctl assess',
  });
}
