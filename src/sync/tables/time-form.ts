import type Database from 'better-sqlite3';
import type { TimeTextForm } from '../../schema/model.js';
import { sqliteIdent } from './source-line.js';

/**
 * The way in which most texts of a column are written: the one that its timestamps stand for. A
 * text in any other way is not what was moved, even where it means the same time.
 */
export function timeFormOf(db: Database.Database, table: string, column: string): TimeTextForm {
  const name = sqliteIdent(column);
  const sql = `
    SELECT CASE WHEN substr(${name}, 11, 1) = 'T' THEN 'YYYY-MM-DDTHH:MM:SS[.ffffff]'
                WHEN length(${name}) = 23 THEN 'YYYY-MM-DD HH:MM:SS.fff'
                ELSE 'YYYY-MM-DD HH:MM:SS' END AS form
    FROM ${sqliteIdent(table)} WHERE typeof(${name}) = 'text'
    GROUP BY form ORDER BY count(*) DESC, form LIMIT 1`;
  return db.prepare<[], TimeTextForm>(sql).pluck().get() ?? 'YYYY-MM-DD HH:MM:SS';
}
