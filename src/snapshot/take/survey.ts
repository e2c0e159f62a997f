import type Database from 'better-sqlite3';
import { openSource } from '../../drivers/sqlite.js';
import type { Report } from '../../lib/report.js';
import { readSchema } from '../../schema/read.js';
import { findRuleBreakers, type RuleCheck } from './broken-checks.js';
import { findOrphans, type ReferenceCheck } from './orphans.js';
import { countRecentUsers, type RecentUsers, type RecentUsersQuery } from './recent-users.js';

export interface SurveyOptions {
  /** A finished snapshot, which nobody writes to. */
  path: string;
  /** Null: nobody asks who was there lately. */
  recent: RecentUsersQuery | null;
}

/** What SQLite itself can say of a snapshot, beside the pass over its values. */
export interface Survey {
  /** Bytes of the pages of each table and index, by name. */
  bytes: Map<string, number>;
  references: ReferenceCheck;
  checks: RuleCheck;
  recent: RecentUsers | null;
}

/** The task `survey`: some seconds of SQLite's time that must not block whoever takes Ctrl-C. */
export async function survey({ path, recent }: SurveyOptions, _report: Report): Promise<Survey> {
  const snapshot = openSource(path);
  try {
    const schema = readSchema(snapshot.db);
    return {
      bytes: bytesOf(snapshot.db),
      references: findOrphans(snapshot.db, schema),
      checks: findRuleBreakers(snapshot.db, schema),
      recent: recent === null ? null : countRecentUsers(snapshot.db, schema, recent),
    };
  } finally {
    snapshot.close();
  }
}

function bytesOf(db: Database.Database): Map<string, number> {
  const rows = db.prepare('SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE').raw().all() as [
    string,
    bigint,
  ][];
  return new Map(rows.map(([name, bytes]) => [name, Number(bytes)]));
}
