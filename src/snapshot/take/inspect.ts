import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { type JournalMode, openSource } from '../../drivers/sqlite.js';
import { CardctlError, codeOf, messageOf } from '../../lib/errors.js';
import type { Report } from '../../lib/report.js';
import { yieldCpu } from '../../lib/yield-cpu.js';

export interface InspectOptions {
  /** A file that nobody else uses. */
  path: string;
  /** `full`: everything; `quick`: quick_check alone; `facts`: no check. */
  depth: 'full' | 'quick' | 'facts';
}

/** Lines of `integrity_check` that are read; one is enough to fail. */
const PROBLEMS_MAX = 100;
/** As much as SQLite maps at most, bytes. */
const MMAP_BYTES = 0x7fff0000;
/** Keys named per broken foreign key. */
const SAMPLES_MAX = 5;

/** What a finished snapshot holds, and whether it is sound. */
export interface Inspection {
  pageSize: number;
  pageCount: number;
  journalMode: JournalMode;
  /** The version of SQLite that looked, e.g. `3.53.2`. */
  sqliteVersion: string;
  /** See `schemaSha256`. */
  schemaSha256: string;
  tables: TableCount[];
  /** The end of the change log that the copy holds; null when changes are not logged. */
  position: string | null;
  integrity: IntegrityResult;
  foreignKeys: ForeignKeyResult;
}

export interface TableCount {
  name: string;
  /** Null when they cannot be counted: the table is corrupt, or virtual and its module not here. */
  rows: number | null;
}

export interface IntegrityResult {
  /** `impossible`: the check needs something that only the application has (a collation, say). */
  result: 'ok' | 'skipped' | 'impossible';
  reason?: string | undefined;
  /** Rows that break a CHECK, NOT NULL or STRICT rule. The file is sound; the data is the bot's. */
  brokenRules: string[];
}

export interface ForeignKeyResult {
  result: 'checked' | 'skipped' | 'impossible';
  reason?: string | undefined;
  /** Rows in all that point at nothing. */
  violations: number;
  references: BrokenReference[];
}

export interface BrokenReference {
  table: string;
  /** Null when the table has no such foreign key any more. */
  parent: string | null;
  rows: number;
  /** The first few rowids, as text; empty for a WITHOUT ROWID table. */
  rowids: string[];
}

/**
 * The task `inspect`: reads a finished copy of a database, which nobody else uses.
 *
 * @throws CardctlError `source` when the file fails `integrity_check`.
 */
export async function inspect(
  { path, depth }: InspectOptions,
  _report: Report,
): Promise<Inspection> {
  yieldCpu();
  const source = openSource(path);
  const { db, journalMode } = source;
  try {
    // The check jumps all over the file; nobody truncates this one, so it may be mapped.
    db.pragma(`mmap_size = ${MMAP_BYTES}`);
    return {
      pageSize: Number(db.pragma('page_size', { simple: true })),
      pageCount: Number(db.pragma('page_count', { simple: true })),
      journalMode,
      sqliteVersion: String(db.prepare('SELECT sqlite_version()').pluck().get()),
      schemaSha256: schemaSha256(db),
      tables: depth === 'quick' ? [] : countRows(db),
      position: readPosition(db),
      integrity: depth === 'facts' ? skippedIntegrity() : checkIntegrity(path, db, depth),
      foreignKeys: depth === 'full' ? checkForeignKeys(db) : skippedForeignKeys(),
    };
  } finally {
    source.close();
    // Reading a copy that is marked as WAL makes these; nobody else uses this one.
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  }
}

/** sha256, hex, of the schema's SQL texts in byte order, each ended by a NUL. */
function schemaSha256(db: Database.Database): string {
  const texts = db
    .prepare(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .pluck()
    .all() as string[];
  const hash = createHash('sha256');
  for (const text of texts.map((sql) => Buffer.from(`${sql}\0`)).sort(Buffer.compare)) {
    hash.update(text);
  }
  return hash.digest('hex');
}

function readPosition(db: Database.Database): string | null {
  const isLogged = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'cardctl_change'`).get();
  if (isLogged === undefined) return null;
  const last = db.prepare('SELECT coalesce(max(seq), 0) FROM cardctl_change').pluck().get();
  return String(last);
}

function countRows(db: Database.Database): TableCount[] {
  const names = db
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .pluck()
    .all() as string[];
  return names.map((name) => {
    try {
      const count = db
        .prepare(`SELECT count(*) FROM "${name.replaceAll('"', '""')}"`)
        .pluck()
        .get();
      return { name, rows: Number(count) };
    } catch {
      // A module that is not here, or a table that is corrupt: the check says so, if it is asked.
      return { name, rows: null };
    }
  });
}

function checkIntegrity(
  path: string,
  db: Database.Database,
  depth: 'full' | 'quick',
): IntegrityResult {
  const check = depth === 'full' ? 'integrity_check' : 'quick_check';
  let lines: string[];
  try {
    lines = db.prepare(`PRAGMA ${check}(${PROBLEMS_MAX})`).pluck().all() as string[];
  } catch (error) {
    if (codeOf(error)?.startsWith('SQLITE_CORRUPT'))
      throw notSound(path, check, [messageOf(error)]);
    return { result: 'impossible', reason: messageOf(error), brokenRules: [] };
  }
  const problems = lines.filter((line) => line !== 'ok');
  const brokenRules = problems.filter(isBrokenRule);
  if (problems.length > brokenRules.length) {
    throw notSound(
      path,
      check,
      problems.filter((line) => !isBrokenRule(line)),
    );
  }
  return { result: 'ok', brokenRules };
}

/** The check also lists rows that break the schema's own rules. Those are data, and are kept. */
function isBrokenRule(line: string): boolean {
  return /^(CHECK constraint failed in |NULL value in |(NUMERIC|TEXT|NULL|non-\w+) value in )/.test(
    line,
  );
}

function notSound(path: string, check: string, problems: string[]): CardctlError {
  const more = problems.length > 3 ? `, and ${problems.length - 3} more` : '';
  return new CardctlError(
    'source',
    `the database is corrupt: ${check} says ${problems.slice(0, 3).join('; ')}${more}`,
    {
      hint: 'Keep the old backups. Save what can be read with: sqlite3 FILE .recover. A copy of it as it is: --no-check.',
      details: { path, problems },
    },
  );
}

function checkForeignKeys(db: Database.Database): ForeignKeyResult {
  interface Row {
    table: string;
    parent: string | null;
    rows: bigint;
    rowids: string | null;
  }
  try {
    const rows = db.prepare(BROKEN_REFERENCES_SQL).all(SAMPLES_MAX) as Row[];
    const references = rows.map((row) => ({
      table: row.table,
      parent: row.parent,
      rows: Number(row.rows),
      rowids: row.rowids?.split(',') ?? [],
    }));
    const violations = references.reduce((sum, { rows }) => sum + rows, 0);
    return { result: 'checked', violations, references };
  } catch (error) {
    // A parent key that is not unique, a parent table of an absent module: nothing to check against.
    return { result: 'impossible', reason: messageOf(error), violations: 0, references: [] };
  }
}

const BROKEN_REFERENCES_SQL = `
  SELECT "table", parent, count(*) AS rows,
         group_concat(rowid) FILTER (WHERE nth <= ?) AS rowids
  FROM (
    SELECT "table", parent, fkid, rowid,
           row_number() OVER (PARTITION BY "table", fkid) AS nth
    FROM pragma_foreign_key_check
  )
  GROUP BY "table", fkid
  ORDER BY "table", fkid
`;

function skippedIntegrity(): IntegrityResult {
  return { result: 'skipped', brokenRules: [] };
}

function skippedForeignKeys(): ForeignKeyResult {
  return { result: 'skipped', violations: 0, references: [] };
}
