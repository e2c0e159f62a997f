import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { tempDir } from './temp-dir.js';

const TIMES =
  /\b(last_heart_reset|last_lives_reset|last_claim|created_at|obtained_at|expires_at|fought_at|last_win_time|cooldown_until) TEXT/g;
const FLAGS = /\bis_favorite INTEGER/g;

/**
 * A copy of a game whose times are declared DATETIME and are all local ISO times, and whose flags
 * are declared BOOLEAN: what another installation of the bot might have.
 */
export async function withTypedColumns(path: string): Promise<string> {
  const copyPath = join(await tempDir(), 'typed.db');
  const db = new Sqlite(copyPath);
  db.pragma('foreign_keys = OFF');
  db.exec(`ATTACH '${path}' AS old`);
  const objects = db
    .prepare<[], { type: string; name: string; sql: string }>(
      `SELECT type, name, sql FROM old.sqlite_schema
        WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'index'`,
    )
    .all();
  for (const { type, name, sql } of objects) {
    db.exec(sql.replace(TIMES, '$1 DATETIME').replace(FLAGS, 'is_favorite BOOLEAN'));
    if (type === 'table') copyRows(db, name, sql);
  }
  db.close();
  return copyPath;
}

function copyRows(db: Sqlite.Database, table: string, sql: string): void {
  const times = [...sql.matchAll(TIMES)].map(([, column]) => column as string);
  const columns = db.pragma(`table_info(${table})`) as { name: string }[];
  const values = columns.map(({ name }) => (times.includes(name) ? localIso(name) : name));
  db.exec(`INSERT INTO ${table} SELECT ${values.join(', ')} FROM old.${table}`);
}

/** Unix times and UTC times become those of a clock in Tehran, without their fractions. */
function localIso(column: string): string {
  return `CASE
    WHEN ${column} NOT GLOB '*[^0-9.]*' THEN strftime('%Y-%m-%dT%H:%M:%S', ${column} + 12600, 'unixepoch')
    WHEN ${column} LIKE '%Z' THEN strftime('%Y-%m-%dT%H:%M:%S', ${column}, '+12600 seconds')
    ELSE ${column} END`;
}
