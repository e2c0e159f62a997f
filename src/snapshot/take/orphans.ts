import type Database from 'better-sqlite3';
import { messageOf } from '../../lib/errors.js';
import type { SourceForeignKey, SourceSchema, SourceTable } from '../../schema/model.js';
import { sameName } from '../../schema/names.js';
import { ident, KEYS_MAX, keyText, quotedKey, rowidName } from './key-text.js';

/** What `PRAGMA foreign_key_check` finds in a snapshot. */
export interface ReferenceCheck {
  orphans: Orphans[];
  /** Tables that SQLite cannot check: the parent's columns are not unique, say. */
  unchecked: { table: string; reason: string }[];
}

/** Rows that point at nothing, by the foreign key that they break. */
export interface Orphans {
  table: string;
  /** Index of the foreign key in `SourceTable.foreignKeys`. */
  number: number;
  count: number;
  /** The first of them: `fight_id='a1'`, or `rowid=7` where the table has no key. */
  keys: string[];
}

/** Checks every foreign key of every table. A table that cannot be checked stops no other. */
export function findOrphans(db: Database.Database, schema: SourceSchema): ReferenceCheck {
  const found: ReferenceCheck = { orphans: [], unchecked: [] };
  for (const table of schema.tables.filter(({ foreignKeys }) => foreignKeys.length > 0)) {
    try {
      found.orphans.push(...orphansOf(db, table, schema));
    } catch (error) {
      found.unchecked.push({ table: table.name, reason: messageOf(error) });
    }
  }
  return found;
}

function orphansOf(db: Database.Database, table: SourceTable, schema: SourceSchema): Orphans[] {
  const broken = new Map<number, { count: number; rowids: bigint[] }>();
  const rows = db.prepare('SELECT fkid, rowid FROM pragma_foreign_key_check(?)').raw();
  for (const row of rows.iterate(table.name)) {
    const [fkid, rowid] = row as [bigint, bigint | null];
    const known = broken.get(Number(fkid)) ?? { count: 0, rowids: [] };
    broken.set(Number(fkid), known);
    known.count++;
    if (rowid !== null && known.rowids.length < KEYS_MAX) known.rowids.push(rowid);
  }
  const orphans = [...broken].map(([fkid, { count, rowids }]): Orphans => {
    // SQLite numbers them from the last one in the text to the first.
    const number = table.foreignKeys.length - 1 - fkid;
    const key = table.foreignKeys[number] as SourceForeignKey;
    const keys = table.withoutRowid
      ? keysOfOrphans(db, table, key, schema)
      : rowids.map((rowid) => keyAt(db, table, rowid));
    return { table: table.name, number, count, keys };
  });
  return orphans.sort((a, b) => a.number - b.number);
}

function keyAt(db: Database.Database, table: SourceTable, rowid: bigint): string {
  const address = rowidName(table);
  if (table.primaryKey.length === 0 || address === undefined) return `rowid=${rowid}`;
  const values = db
    .prepare(`SELECT ${quotedKey(table)} FROM ${ident(table.name)} WHERE ${ident(address)} = ?`)
    .raw()
    .get(rowid) as string[];
  return values.includes('NULL') ? `rowid=${rowid}` : keyText(table, values);
}

/** Rows of a WITHOUT ROWID table have no number, so the pragma cannot tell which they are. */
function keysOfOrphans(
  db: Database.Database,
  table: SourceTable,
  key: SourceForeignKey,
  schema: SourceSchema,
): string[] {
  const child = (column: string) => `child.${ident(column)}`;
  const points = key.columns.map((column) => `${child(column)} IS NOT NULL`);
  const matches = key.columns.map(
    (column, i) => `parent.${ident(key.parentColumns[i] ?? column)} = ${child(column)}`,
  );
  const isThere = schema.tables.some(({ name }) => sameName(name, key.parentTable));
  if (isThere) {
    points.push(
      `NOT EXISTS (SELECT 1 FROM ${ident(key.parentTable)} AS parent WHERE ${matches.join(' AND ')})`,
    );
  }
  const rows = db
    .prepare(
      `SELECT ${quotedKey(table)} FROM ${ident(table.name)} AS child WHERE ${points.join(' AND ')} LIMIT ?`,
    )
    .raw()
    .all(KEYS_MAX) as string[][];
  return rows.map((values) => keyText(table, values));
}
