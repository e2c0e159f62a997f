import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { CopyOut } from '../../../src/drivers/copy-out.js';
import { openTarget } from '../../../src/drivers/postgres.js';
import { atEnd } from '../../support/cleanup.js';
import { createDatabase } from '../../support/postgres.js';

async function connected(): Promise<{ client: Client; adminUrl: string }> {
  const { url, adminUrl } = await createDatabase();
  const target = openTarget(url);
  atEnd(() => target.close());
  return { client: await target.connect(), adminUrl };
}

async function textOf(copy: CopyOut): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of copy) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

const rows = (sql: string) => `COPY (${sql}) TO STDOUT`;

describe('a COPY from the server', () => {
  it('is its bytes, whatever the lengths of the rows', async () => {
    const { client } = await connected();
    // From shorter than a message's header to longer than a read of the network.
    const sql =
      'SELECT i, repeat(chr(97 + i % 26), (i * 7919) % 200000) FROM generate_series(1, 400) i';
    const expected = Array.from({ length: 400 }, (_, at) => {
      const i = at + 1;
      return `${i}\t${String.fromCharCode(97 + (i % 26)).repeat((i * 7919) % 200_000)}\n`;
    });
    const copy = client.query(new CopyOut(rows(sql)));
    expect(await textOf(copy)).toBe(expected.join(''));
    expect(await copy.rowCount).toBe(400);
  });

  it('is its bytes when rows are tiny and many', async () => {
    const { client } = await connected();
    const copy = client.query(new CopyOut(rows('SELECT i FROM generate_series(1, 300000) i')));
    const expected = Array.from({ length: 300_000 }, (_, at) => `${at + 1}\n`).join('');
    expect(await textOf(copy)).toBe(expected);
    expect(await copy.rowCount).toBe(300_000);
  });

  it('ends at once when there are no rows, and the connection goes on', async () => {
    const { client } = await connected();
    const copy = client.query(new CopyOut(rows('SELECT 1 WHERE false')));
    expect(await textOf(copy)).toBe('');
    expect(await copy.rowCount).toBe(0);
    expect((await client.query('SELECT 7 AS seven')).rows).toEqual([{ seven: '7' }]);
  });

  it('runs after the queries before it and before those behind it', async () => {
    const { client } = await connected();
    const before = client.query('CREATE TEMP TABLE t AS SELECT 1 AS a');
    const copy = client.query(new CopyOut('COPY t TO STDOUT'));
    const behind = client.query('SELECT count(*) AS count FROM t');
    expect(await textOf(copy)).toBe('1\n');
    await before;
    expect((await behind).rows).toEqual([{ count: '1' }]);
  });

  it('leaves out what the server says in between', async () => {
    const { client } = await connected();
    await client.query(`CREATE FUNCTION loud(i int) RETURNS int LANGUAGE plpgsql AS
      $$ BEGIN RAISE NOTICE 'row % %', i, repeat('x', 5000); RETURN i; END $$`);
    const copy = client.query(new CopyOut(rows('SELECT loud(i) FROM generate_series(1, 50) i')));
    expect(await textOf(copy)).toBe(Array.from({ length: 50 }, (_, at) => `${at + 1}\n`).join(''));
  });

  it('waits for a slow reader, and loses nothing', async () => {
    const { client } = await connected();
    const copy = client.query(
      new CopyOut(rows("SELECT repeat('x', 1000) FROM generate_series(1, 60000)")),
    );
    let bytes = 0;
    let reads = 0;
    for await (const part of copy) {
      bytes += (part as Buffer).length;
      if (++reads <= 30) await sleep(20);
      expect(copy.readableLength).toBeLessThan(4 * 1024 * 1024);
    }
    expect(bytes).toBe(60_000 * 1_001);
  });

  it('fails when the server refuses it, and the connection goes on', async () => {
    const { client } = await connected();
    const copy = client.query(new CopyOut('COPY nothing_here TO STDOUT'));
    await expect(textOf(copy)).rejects.toMatchObject({ code: '42P01' });
    expect((await client.query('SELECT 7 AS seven')).rows).toEqual([{ seven: '7' }]);
  });

  it('fails when the server fails half-way, and the connection goes on', async () => {
    const { client } = await connected();
    const sql = "SELECT repeat('x', 1000), 1 / (15000 - i) FROM generate_series(1, 20000) i";
    const copy = client.query(new CopyOut(rows(sql)));
    await expect(textOf(copy)).rejects.toMatchObject({ code: '22012' });
    expect((await client.query('SELECT 7 AS seven')).rows).toEqual([{ seven: '7' }]);
  });

  it('fails when the connection is cut', async () => {
    const { client, adminUrl } = await connected();
    const { rows: own } = await client.query<{ pid: string }>('SELECT pg_backend_pid() AS pid');
    const copy = client.query(
      new CopyOut(rows("SELECT repeat('x', 1000) FROM generate_series(1, 500000)")),
    );
    const admin = openTarget(adminUrl);
    const reading = (async () => {
      let reads = 0;
      for await (const _ of copy) {
        if (++reads === 5) await admin.query('SELECT pg_terminate_backend($1)', [own[0]?.pid]);
      }
    })();
    await expect(reading).rejects.toThrow();
    await admin.close();
  });
});
