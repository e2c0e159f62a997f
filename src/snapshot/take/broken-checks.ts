import type Database from 'better-sqlite3';
import { messageOf } from '../../lib/errors.js';
import type { SourceSchema, SourceTable } from '../../schema/model.js';
import { ident, KEYS_MAX, keyText, quotedKey, rowidName } from './key-text.js';

/** Which rows of a snapshot break a CHECK. */
export interface RuleCheck {
  broken: RuleBreakers[];
  /** Checks that SQLite cannot look at here: they call a function of the application, say. */
  unchecked: { table: string; number: number; reason: string }[];
}

/** Rows that are there all the same: the check came later, or was switched off. */
export interface RuleBreakers {
  table: string;
  /** Index of the check in `SourceTable.checks`. */
  number: number;
  count: number;
  /** The first of them: `card_id='a1'`, or `rowid=7` where the table has no key. */
  keys: string[];
}

/** Holds every row against the checks of its table, in one pass over each table that has some. */
export function findRuleBreakers(db: Database.Database, schema: SourceSchema): RuleCheck {
  const found: RuleCheck = { broken: [], unchecked: [] };
  for (const table of schema.tables) {
    const numbers = table.checks.flatMap((_check, number) => {
      try {
        db.prepare(countSql(table, [number]));
        return [number];
      } catch (error) {
        found.unchecked.push({ table: table.name, number, reason: messageOf(error) });
        return [];
      }
    });
    if (numbers.length === 0) continue;
    try {
      found.broken.push(...breakersOf(db, table, numbers));
    } catch (error) {
      const reason = messageOf(error);
      found.unchecked.push(...numbers.map((number) => ({ table: table.name, number, reason })));
    }
  }
  return found;
}

function breakersOf(
  db: Database.Database,
  table: SourceTable,
  numbers: readonly number[],
): RuleBreakers[] {
  const counts = db.prepare(countSql(table, numbers)).raw().get() as bigint[];
  return numbers.flatMap((number, i) => {
    const count = Number(counts[i] ?? 0n);
    return count === 0
      ? []
      : [{ table: table.name, number, count, keys: keysOf(db, table, number) }];
  });
}

/** A check holds for a row for which it is NULL. */
function countSql(table: SourceTable, numbers: readonly number[]): string {
  const counts = numbers.map((number) => `count(*) FILTER (WHERE ${isBroken(table, number)})`);
  return `SELECT ${counts.join(', ')} FROM ${ident(table.name)}`;
}

function keysOf(db: Database.Database, table: SourceTable, number: number): string[] {
  const address = table.withoutRowid ? undefined : rowidName(table);
  const rowid = address === undefined ? 'NULL' : ident(address);
  const columns = [`quote(${rowid})`, ...(table.primaryKey.length > 0 ? [quotedKey(table)] : [])];
  const rows = db
    .prepare(
      `SELECT ${columns.join(', ')} FROM ${ident(table.name)} WHERE ${isBroken(table, number)} LIMIT ?`,
    )
    .raw()
    .all(KEYS_MAX) as string[][];
  return rows.map(([rowidText, ...key]) =>
    key.length === 0 || key.includes('NULL') ? `rowid=${rowidText}` : keyText(table, key),
  );
}

function isBroken({ checks }: SourceTable, number: number): string {
  // The text may end in a comment.
  return `NOT (${checks[number]?.sql}\n)`;
}
