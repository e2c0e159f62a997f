import Database from 'better-sqlite3';

export type ScratchValue = null | bigint | number | string | Buffer;

/**
 * What SQLite itself makes of a column's DEFAULT clause: a column added by `ALTER TABLE … ADD
 * COLUMN` has this value in every row that was written before.
 *
 * @param defaultSql as `PRAGMA table_xinfo` gives it: without the parentheses of an expression
 * @returns the value with the column's affinity applied
 */
export function evaluateDefault(declaredType: string, defaultSql: string): ScratchValue {
  const db = new Database(':memory:');
  try {
    db.defaultSafeIntegers(true);
    createWithDefault(db, declaredType, defaultSql);
    db.exec('INSERT INTO scratch DEFAULT VALUES');
    return db.prepare<[], ScratchValue>('SELECT value FROM scratch').pluck().get() ?? null;
  } finally {
    db.close();
  }
}

function createWithDefault(db: Database.Database, declaredType: string, defaultSql: string): void {
  try {
    db.exec(`CREATE TABLE scratch (value ${declaredType} DEFAULT ${defaultSql})`);
  } catch {
    db.exec(`CREATE TABLE scratch (value ${declaredType} DEFAULT (${defaultSql}))`);
  }
}
