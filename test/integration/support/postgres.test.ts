import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createDatabase } from '../../support/postgres.js';

describe('a test database', () => {
  it('is empty, UTF8, in locale C, and owned by an ordinary role', async () => {
    const { url } = await createDatabase();
    const { rows } = await query(
      url,
      `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, rolsuper, rolcreatedb,
              (SELECT count(*) FROM pg_tables WHERE schemaname = 'public')::int AS tables
         FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
        WHERE datname = current_database() AND rolname = current_user`,
    );
    expect(rows).toEqual([
      { encoding: 'UTF8', datcollate: 'C', rolsuper: false, rolcreatedb: false, tables: 0 },
    ]);
  });

  it('does not let in a wrong password', async () => {
    const { url } = await createDatabase();
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('is another one each time', async () => {
    const [one, two] = [await createDatabase(), await createDatabase()];
    await query(one.url, 'CREATE TABLE marker (id int)');
    await expect(query(two.url, 'TABLE marker')).rejects.toMatchObject({ code: '42P01' });
  });

  it('is gone after it is dropped, and dropping it again does nothing', async () => {
    const { url, drop } = await createDatabase();
    await drop();
    await drop();
    await expect(query(url, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('says which connection was left open when it is dropped', async () => {
    const { url, drop } = await createDatabase();
    const leaked = new pg.Client({ connectionString: url, application_name: 'leaky' });
    leaked.on('error', () => undefined);
    await leaked.connect();
    await expect(drop()).rejects.toThrow(/leaky/);
    await leaked.end();
  });
});

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
