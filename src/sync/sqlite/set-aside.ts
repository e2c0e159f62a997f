import type Database from 'better-sqlite3';
import { OWN_TRIGGERS } from '../../schema/read.js';
import { sqliteIdent } from '../tables/source-line.js';
import type { SourceTrigger } from './schema-hashes.js';

/**
 * Takes the source's own triggers away for as long as it is a copy, and writes down their text.
 * What they do was done in the authority already, or would never have been: rows that they change
 * come as rows, and done twice they would be wrong.
 */
export function setAside(db: Database.Database): void {
  const triggers = db
    .prepare<[], SourceTrigger>(
      `SELECT name, tbl_name, sql FROM sqlite_schema
       WHERE type = 'trigger' AND substr(name, 1, ${OWN_TRIGGERS.length}) <> '${OWN_TRIGGERS}' ORDER BY rowid`,
    )
    .all();
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${sqliteIdent(name)}`);
  db.prepare('UPDATE cardctl_state SET set_aside = ? WHERE id = 1').run(JSON.stringify(triggers));
}

/** Makes them again, in the order in which they were made. */
export function putBack(db: Database.Database, triggers: readonly SourceTrigger[]): void {
  for (const { sql } of triggers) db.exec(sql);
  db.exec(`UPDATE cardctl_state SET set_aside = '[]' WHERE id = 1`);
}
