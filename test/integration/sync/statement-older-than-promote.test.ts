import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { expect, it } from 'vitest';
import { linkTemplate, switchTo, textClient } from '../../support/move/linked-pair.js';

const template = await linkTemplate(`
  CREATE TABLE players (id INTEGER PRIMARY KEY, score INTEGER NOT NULL);
  INSERT INTO players VALUES (1, 0);`);

it('a statement that began before the promote, and writes after it, does not write by what it saw', async () => {
  const linked = await template.copy();
  const opened = await linked.open();
  const bot = await textClient(linked.url);
  // It waits for the lock before it comes to its UPDATE.
  await linked.postgres.query('SELECT pg_advisory_lock(1)');
  const late = bot.query(
    `WITH scored AS (UPDATE players SET score = score + 1 WHERE id = 1 RETURNING score)
     SELECT pg_advisory_lock(1)`,
  );
  const outcome = late.then(
    () => 'written',
    (error: { code?: string }) => error.code,
  );
  while (!(await waits(linked.postgres))) await sleep(10);
  linked.sqlite.exec('UPDATE players SET score = 10 WHERE id = 1');
  await switchTo(opened, 'postgres');
  await linked.postgres.query('SELECT pg_advisory_unlock(1)');
  expect(await outcome).toBe('CC001');
  expect((await linked.postgres.query('SELECT score FROM players')).rows).toEqual([
    { score: '10' },
  ]);
  await bot.query('UPDATE players SET score = score + 1 WHERE id = 1');
  expect((await linked.postgres.query('SELECT score FROM players')).rows).toEqual([
    { score: '11' },
  ]);
});

async function waits(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 1`,
  );
  return rows.length > 0;
}
