import type { Client } from 'pg';
import { SQLSTATE, type Target } from '../../drivers/postgres.js';
import { codeOf } from '../../lib/errors.js';
import type { FollowedTable } from '../followed-table.js';
import { openSession } from './connection.js';
import { tableSql } from './key-sql.js';

/** A foreign key that rows of the target break. It is there, and holds for new rows only. */
export interface BrokenForeignKey {
  /** Quoted, with its schema. */
  table: string;
  name: string;
  /** What the server says: the columns and the first value without a parent. */
  detail: string;
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS cardctl.foreign_key (
    place        integer PRIMARY KEY,
    table_name   text NOT NULL,
    name         text NOT NULL,
    definition   text NOT NULL,
    is_validated boolean NOT NULL
  )`;

/**
 * Remembers and drops all foreign keys from and to the tables. A set of changes is applied table by
 * table, in whatever order; and the source never enforced its own.
 */
export async function removeForeignKeys(
  client: Client,
  tables: readonly FollowedTable[],
): Promise<void> {
  await client.query(TABLE);
  // An earlier removal put these back and nobody has looked at their rows yet: they held before it.
  const { rows: unseen } = await client.query<{ id: string }>(
    `DELETE FROM cardctl.foreign_key WHERE is_validated RETURNING table_name || ' ' || name AS id`,
  );
  await client.query('DELETE FROM cardctl.foreign_key');
  // With our search path every name in a definition has its schema.
  const { rows } = await client.query<{ table_name: string; name: string }>(
    `INSERT INTO cardctl.foreign_key
     SELECT row_number() OVER (ORDER BY c.conrelid, c.conname), CAST(c.conrelid AS regclass),
            quote_ident(c.conname), pg_get_constraintdef(c.oid),
            c.convalidated OR CAST(c.conrelid AS regclass) || ' ' || quote_ident(c.conname) = ANY ($2)
       FROM pg_constraint c
      WHERE c.contype = 'f' AND c.conparentid = 0
        AND (c.conrelid = ANY (CAST($1 AS regclass[])) OR c.confrelid = ANY (CAST($1 AS regclass[])))
     RETURNING table_name, name`,
    [tables.map(tableSql), unseen.map(({ id }) => id)],
  );
  for (const { table_name, name } of rows) {
    await client.query(`ALTER TABLE ${table_name} DROP CONSTRAINT ${name}`);
  }
}

/** Puts back what was remembered, for new rows: quick, whatever the tables' size. */
export async function restoreForeignKeys(client: Client): Promise<void> {
  const { rows } = await client.query<{ table_name: string; name: string; definition: string }>(
    'SELECT table_name, name, definition FROM cardctl.foreign_key ORDER BY place',
  );
  for (const { table_name, name, definition } of rows) {
    const notValid = / NOT VALID$/.test(definition) ? '' : ' NOT VALID';
    await client.query(`ALTER TABLE ${table_name} ADD CONSTRAINT ${name} ${definition}${notValid}`);
  }
}

/**
 * Looks whether the rows keep the foreign keys that `removeFollower` put back, and which held for
 * all rows before. Writers go on meanwhile. Those that are kept are remembered no longer, so that it
 * can be repeated when the rows have been put right.
 */
export async function validateForeignKeys(target: Target): Promise<BrokenForeignKey[]> {
  const client = await openSession(target);
  try {
    const { rows: found } = await client.query(
      `SELECT 1 WHERE to_regclass('cardctl.foreign_key') IS NOT NULL
          AND to_regclass('cardctl.follow') IS NULL`,
    );
    if (found.length === 0) return [];
    // Whole tables are joined now.
    await client.query('SET enable_seqscan = on');
    const broken = await validateEach(client);
    if (broken.length === 0) await client.query('DROP TABLE cardctl.foreign_key');
    return broken;
  } catch (error) {
    throw target.explain(error);
  } finally {
    await client.end();
  }
}

async function validateEach(client: Client): Promise<BrokenForeignKey[]> {
  const broken: BrokenForeignKey[] = [];
  const { rows } = await client.query<{ place: string; table_name: string; name: string }>(
    'SELECT place, table_name, name FROM cardctl.foreign_key WHERE is_validated ORDER BY place',
  );
  for (const { place, table_name: table, name } of rows) {
    try {
      await client.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`);
      await client.query('DELETE FROM cardctl.foreign_key WHERE place = $1', [place]);
    } catch (error) {
      if (codeOf(error) !== SQLSTATE.foreignKeyViolation) throw error;
      broken.push({ table, name, detail: String((error as { detail?: unknown }).detail) });
    }
  }
  return broken;
}
