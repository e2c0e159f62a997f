import type Database from 'better-sqlite3';
import type { FollowedTable } from '../followed-table.js';
import type { NextIds } from '../side.js';
import { sqliteIdent } from '../tables/source-line.js';

const BIGINT_MAX = 2n ** 63n - 1n;

/**
 * Of each table whose ids SQLite issues: a number above all of them. A table whose last id is the
 * highest there is has no next one. To be called inside a transaction.
 */
export function readNextIds(db: Database.Database, tables: readonly FollowedTable[]): NextIds {
  const next = new Map<string, bigint>();
  for (const { table, key } of tables) {
    const { name, rowidAlias } = table.source;
    if (rowidAlias === null || key[0]?.plan.type !== 'bigint') continue;
    const sql = `SELECT max(${sqliteIdent(rowidAlias)}) FROM ${sqliteIdent(name)}`;
    const highest = db.prepare<[], bigint | null>(sql).pluck().get() ?? 0n;
    const ids = [0n, highest, lastIssued(db, name)];
    const last = ids.reduce((a, b) => (a > b ? a : b));
    if (last < BIGINT_MAX) next.set(name, last + 1n);
  }
  return next;
}

/**
 * Tables with AUTOINCREMENT remember the last id that they issued. Others issue the one above the
 * highest that they have, as they always did.
 */
export function raiseSequences(
  db: Database.Database,
  tables: readonly FollowedTable[],
  nextIds: NextIds,
): void {
  for (const { table } of tables) {
    const { name, autoincrement } = table.source;
    const next = nextIds.get(name);
    if (!autoincrement || next === undefined || next - 1n <= lastIssued(db, name)) continue;
    db.prepare('DELETE FROM sqlite_sequence WHERE name = ?').run(name);
    db.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(name, next - 1n);
  }
}

function lastIssued(db: Database.Database, table: string): bigint {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'`).get();
  if (exists === undefined) return 0n;
  const sql = 'SELECT max(CAST(seq AS INTEGER)) FROM sqlite_sequence WHERE name = ?';
  return db.prepare<[string], bigint | null>(sql).pluck().get(table) ?? 0n;
}
