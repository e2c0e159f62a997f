import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { validateForeignKeys } from '../../../src/sync/postgres/foreign-keys.js';
import { installFollower, removeFollower } from '../../../src/sync/postgres/install.js';
import {
  emptyTarget,
  FIRST,
  NO_IDS,
  newFollower,
  openFollower,
  openSide,
  SOURCE_ID,
} from './postgres-follower.js';

const DDL = {
  sqlite: `CREATE TABLE "Parent" (id INTEGER PRIMARY KEY, "other Id" INTEGER);
    CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER)`,
  postgres: `
    CREATE SCHEMA elsewhere;
    CREATE TABLE "Parent" (id bigint PRIMARY KEY, "other Id" bigint UNIQUE);
    CREATE TABLE child (id bigint PRIMARY KEY, parent bigint,
      CONSTRAINT "fk ""1" FOREIGN KEY (parent) REFERENCES "Parent" (id)
        ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
    ALTER TABLE child ADD CONSTRAINT unchecked FOREIGN KEY (parent)
      REFERENCES "Parent" ("other Id") NOT VALID;
    ALTER TABLE "Parent" ADD CONSTRAINT self FOREIGN KEY ("other Id") REFERENCES "Parent";
    CREATE TABLE elsewhere.guest (parent bigint CONSTRAINT outside REFERENCES "Parent" MATCH FULL)`,
};

const FROM = { sourceId: SOURCE_ID, epoch: 0, position: FIRST };

async function foreignKeys(sql: pg.Client) {
  const { rows } = await sql.query(
    `SELECT conrelid::regclass::text AS "table", conname AS name, pg_get_constraintdef(oid) AS definition,
            convalidated AS validated, condeferrable AS deferrable, condeferred AS deferred
       FROM pg_constraint WHERE contype = 'f' ORDER BY conname`,
  );
  return rows;
}

/** All that belongs to the tables and to the schema of our own. */
async function objects(sql: pg.Client): Promise<string[]> {
  const { rows } = await sql.query(`
    SELECT 'trigger ' || tgname AS name FROM pg_trigger WHERE NOT tgisinternal UNION ALL
    SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = to_regnamespace('cardctl')::oid UNION ALL
    SELECT 'table ' || relname FROM pg_class WHERE relnamespace = to_regnamespace('cardctl')::oid AND relkind IN ('r', 'S')
    ORDER BY 1`);
  return rows.map(({ name }) => name);
}

describe('installing', () => {
  it('drops every foreign key of the tables, and removing brings back the same', async () => {
    const { target, tables, sql } = await emptyTarget(DDL);
    const before = await foreignKeys(sql);
    expect(before.map(({ name }) => name)).toEqual(['fk "1', 'outside', 'self', 'unchecked']);
    await installFollower(target, tables, FROM);
    expect(await foreignKeys(sql)).toEqual([]);

    await removeFollower(target);
    const restored = await foreignKeys(sql);
    expect(restored.map(({ validated }) => validated)).toEqual(['f', 'f', 'f', 'f']);
    expect(await validateForeignKeys(target)).toEqual([]);
    expect(await foreignKeys(sql)).toEqual(before);
    expect(await validateForeignKeys(target)).toEqual([]);
    expect(await objects(sql)).toEqual(['table authority']);
  });

  it('again does nothing, for the same source', async () => {
    const { target, tables, sql } = await newFollower(DDL);
    await sql.query('UPDATE cardctl.follow SET applied_sequence = 99');
    await installFollower(target, tables, FROM);
    const { rows } = await sql.query('SELECT applied_sequence FROM cardctl.follow');
    expect(rows).toEqual([{ applied_sequence: '99' }]);
  });

  it('is refused for another source, and for other tables', async () => {
    const { target, tables } = await newFollower(DDL);
    const other = installFollower(target, tables, { ...FROM, sourceId: 'source-2' });
    await expect(other).rejects.toMatchObject({ code: 'refused' });
    const fewer = installFollower(target, tables.slice(1), FROM);
    await expect(fewer).rejects.toMatchObject({ code: 'refused' });
  });

  it('is refused while the database is the authority, and changes nothing then', async () => {
    const { target, tables, sql } = await emptyTarget(DDL);
    await sql.query(`CREATE SCHEMA cardctl;
      CREATE TABLE cardctl.authority (id bigint PRIMARY KEY, store text NOT NULL, epoch bigint NOT NULL, moving bigint NOT NULL);
      INSERT INTO cardctl.authority VALUES (1, 'postgres', 1, 0)`);
    const before = await foreignKeys(sql);
    await expect(installFollower(target, tables, FROM)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('is the authority'),
    });
    expect(await foreignKeys(sql)).toEqual(before);
    expect(await objects(sql)).toEqual(['table authority']);
  });

  it('works whatever the search path of the role is', async () => {
    const follower = await emptyTarget(DDL);
    const { target, tables, sql, database } = follower;
    await sql.query(`
      CREATE SCHEMA shadow;
      CREATE TABLE shadow.child (id bigint);
      CREATE FUNCTION shadow.to_regclass(text) RETURNS regclass LANGUAGE sql AS 'SELECT NULL::regclass';
      CREATE FUNCTION shadow.current_setting(text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
      ALTER ROLE ${database.name} SET search_path = shadow, pg_catalog, public;
      ALTER ROLE ${database.name} SET bytea_output = escape;
      ALTER ROLE ${database.name} SET default_transaction_read_only = off;
      ALTER ROLE ${database.name} SET default_transaction_isolation = serializable`);
    await installFollower(target, tables, FROM);
    const side = openSide(follower, null);
    expect((await side.facts()).isInstalled).toBe(true);
    await expect(sql.query('DELETE FROM public.child')).rejects.toMatchObject({ code: 'CC001' });
    await sql.query('DELETE FROM shadow.child');
    await removeFollower(target);
    expect((await foreignKeys(sql)).length).toBe(4);
  });
});

describe('a database that follows nobody', () => {
  it('says so', async () => {
    const side = openSide(await emptyTarget(DDL), null);
    expect(await side.facts()).toEqual({
      isInstalled: false,
      sourceId: null,
      authority: { store: 'sqlite', epoch: 0, moving: false },
      applied: null,
      logged: { sequence: 0, snapshot: null },
    });
  });

  it('has nothing to remove', async () => {
    const { target, sql } = await emptyTarget(DDL);
    const before = await foreignKeys(sql);
    await removeFollower(target);
    expect(await foreignKeys(sql)).toEqual(before);
  });
});

describe('foreign keys that the rows break', () => {
  it('are named, hold for new rows, and are whole once the rows are put right', async () => {
    const follower = await openFollower(DDL);
    const { target, side, sql } = follower;
    await side.takeAuthority(1, NO_IDS);
    await sql.query('INSERT INTO child VALUES (1, 404)');
    await removeFollower(target);
    const broken = {
      table: 'public.child',
      name: '"fk ""1"',
      detail: 'Key (parent)=(404) is not present in table "Parent".',
    };
    expect(await validateForeignKeys(target)).toEqual([broken]);
    expect(await validateForeignKeys(target)).toEqual([broken]);
    const validated = async () =>
      Object.fromEntries((await foreignKeys(sql)).map((each) => [each.name, each.validated]));
    expect(await validated()).toEqual({ 'fk "1': 'f', outside: 't', self: 't', unchecked: 'f' });
    await expect(sql.query('INSERT INTO child VALUES (2, 405)')).rejects.toMatchObject({
      code: '23503',
    });

    await sql.query('UPDATE child SET parent = NULL');
    expect(await validateForeignKeys(target)).toEqual([]);
    expect(await validated()).toEqual({ 'fk "1': 't', outside: 't', self: 't', unchecked: 'f' });
  });

  it('are remembered as they were by a second move before anybody looked', async () => {
    const { target, tables, sql } = await emptyTarget(DDL);
    const before = await foreignKeys(sql);
    await installFollower(target, tables, FROM);
    await removeFollower(target);
    await installFollower(target, tables, FROM);
    await removeFollower(target);
    await validateForeignKeys(target);
    expect(await foreignKeys(sql)).toEqual(before);
  });
});
