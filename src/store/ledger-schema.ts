import { TARGET_SCHEMA } from '../schema/target-schema.js';
import { AUTHORITY_COLUMNS } from '../sync/authority.js';
import type { Database, Executor } from './executor.js';

/**
 * Makes the tables that a store needs beside the game's, where they are missing: the ledger, the
 * Bot API's ids of pictures, and who is the authority. In Postgres that is SQLite until told
 * otherwise: a target is a follower.
 */
export async function prepareStore(database: Database): Promise<void> {
  const statements = database.dialect.kind === 'sqlite' ? SQLITE : POSTGRES;
  await database.change(
    async (db) => {
      for (const sql of statements) await db.run(sql);
      return { commit: true, result: undefined };
    },
    { alone: true },
  );
}

export async function hasTable(db: Executor, name: string): Promise<boolean> {
  return (await db.run(db.dialect.findTable, [name])).length > 0;
}

/** Of types that both databases have, so that the tables travel with the data. */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS cardbot_update (
     update_id  bigint PRIMARY KEY,
     applied_at text NOT NULL,
     replies    text,
     taken_at   text,
     sent_at    text
   )`,
  // Small, whatever the ledger's size: what is sent leaves it.
  `CREATE INDEX IF NOT EXISTS cardbot_update_unsent
     ON cardbot_update (applied_at) WHERE sent_at IS NULL`,
  `CREATE TABLE IF NOT EXISTS cardbot_mark (
     id             bigint PRIMARY KEY,
     pruned_through bigint NOT NULL,
     pruned_at      text NOT NULL
   )`,
  `CREATE TABLE IF NOT EXISTS cardbot_file (
     image_path text PRIMARY KEY,
     file_id    text NOT NULL
   )`,
];

const SQLITE = [
  ...TABLES,
  `CREATE TABLE IF NOT EXISTS cardctl_authority ${AUTHORITY_COLUMNS}`,
  `INSERT INTO cardctl_authority VALUES (1, 'sqlite', 0, 0) ON CONFLICT DO NOTHING`,
];

/**
 * An open challenge names player 0, whom nobody is. SQLite never enforced that column's reference;
 * a target that was loaded while no challenge was open enforces it, and would refuse the next one.
 */
const FREE_OPEN_CHALLENGES = `
  DO $$ DECLARE reference name; BEGIN
    FOR reference IN
      SELECT c.conname FROM pg_constraint c
      JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
      WHERE c.contype = 'f' AND c.conrelid = to_regclass('active_fights')
        AND a.attname = 'opponent_id'
    LOOP
      EXECUTE format('ALTER TABLE active_fights DROP CONSTRAINT %I', reference);
    END LOOP;
  END $$`;

const POSTGRES = [
  ...TABLES.map((sql) =>
    sql
      .replace(/ text\b(?! PRIMARY)/g, ' text COLLATE "C"')
      // Where the moved ones are: a role that is called as one of the schemas would make its own there.
      .replace('TABLE IF NOT EXISTS ', `TABLE IF NOT EXISTS ${TARGET_SCHEMA}.`),
  ),
  'CREATE SCHEMA IF NOT EXISTS cardctl',
  `CREATE TABLE IF NOT EXISTS cardctl.authority ${AUTHORITY_COLUMNS}`,
  `INSERT INTO cardctl.authority VALUES (1, 'sqlite', 0, 0) ON CONFLICT DO NOTHING`,
  FREE_OPEN_CHALLENGES,
];
