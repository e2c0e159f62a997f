import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pg from 'pg';
import { expect, test } from 'vitest';
import { type MoveStage, makeMoveStage } from '../../support/move/stage.js';

test('follow --remove leaves the source’s schema as it was, to the byte, and the target open', async () => {
  const stage = await makeMoveStage();
  const before = schemaOf(stage.source);
  const following = stage.startCardctl(['migrate', '--follow']);
  await following.waitFor(/caught up/);
  expect(schemaOf(stage.source)).not.toEqual(before);
  const held = await stage.fails(['follow', '--remove']);
  expect(held.exitCode).toBe(3);
  await following.kill('SIGINT');

  expect(await stage.cardctl(['follow', '--remove'])).toMatchObject({ removed: true });
  expect(schemaOf(stage.source)).toEqual(before);
  expect(await query(stage.url, 'UPDATE account SET balance = 5 WHERE id = 1')).toBe(1);
  const { rows } = await rowsOf(
    stage.url,
    `SELECT convalidated FROM pg_constraint WHERE conrelid = 'operation'::regclass AND contype = 'f'`,
  );
  expect(rows).toEqual([{ convalidated: true }]);
});

test('rollback takes the authority back, and says so when there is nothing to take back', async () => {
  const stage = await makeMoveStage();
  const following = stage.startCardctl(['migrate', '--follow']);
  await following.waitFor(/caught up/);
  await stage.cardctl(['promote', '--no-backup']);
  await query(stage.url, 'UPDATE account SET balance = 11 WHERE id = 2');
  expect(await stage.cardctl(['rollback'])).toMatchObject({ changed: true, to: 'sqlite' });
  expect(await stage.cardctl(['rollback'])).toMatchObject({ changed: false, to: 'sqlite' });
  expect((await stage.books()).sqlite.balances.get(2)).toBe(11);
  await following.kill('SIGINT');
});

test('status tells by the databases alone what comes next, wherever it is asked', async () => {
  const stage = await makeMoveStage();
  const following = stage.startCardctl(['migrate', '--follow']);
  await following.waitFor(/caught up/);
  expect(await nextOf(stage)).toMatch(/^cardctl promote/);
  await stage.cardctl(['promote', '--no-backup']);
  expect(await nextOf(stage)).toMatch(/^cardctl finish/);
  await following.kill('SIGINT');
  expect(await nextOf(stage)).toMatch(/^cardctl follow/);
  const elsewhere = await stage.cardctl(['status', '--work-dir', `${stage.source}-elsewhere`]);
  expect(elsewhere).toMatchObject({
    move: { facts: { authority: { store: 'postgres', epoch: 1 } } },
  });
});

test('finish is refused while SQLite is the authority, and ends the move behind a typed phrase', async () => {
  const stage = await makeMoveStage();
  const following = stage.startCardctl(['migrate', '--follow']);
  await following.waitFor(/caught up/);
  const phrase = ['--confirm', 'no way back'];
  expect((await stage.fails(['finish', ...phrase])).exitCode).toBe(3);
  await stage.cardctl(['promote', '--no-backup']);
  await sleep(300);
  await following.kill('SIGINT');
  expect((await stage.fails(['finish'])).exitCode).toBe(3);
  expect((await rowsOf(stage.url, 'SELECT 1 FROM cardctl.proof')).rowCount).toBe(1);
  expect(await stage.cardctl(['finish', ...phrase])).toMatchObject({ finished: true });

  expect(await query(stage.url, 'UPDATE account SET balance = 5 WHERE id = 1')).toBe(1);
  const { rows } = await rowsOf(
    stage.url,
    `SELECT (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'cardctl%') AS triggers,
            (SELECT store FROM cardctl.authority) AS store,
            to_regclass('cardctl.proof') AS proof`,
  );
  expect(rows).toEqual([{ triggers: '0', store: 'postgres', proof: null }]);
  const db = new Database(stage.source);
  expect(() => db.exec('UPDATE account SET balance = 6')).toThrow(/cardctl/);
  db.close();
});

function schemaOf(path: string): unknown[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all();
  } finally {
    db.close();
  }
}

async function nextOf(stage: MoveStage): Promise<string> {
  const { next } = await stage.cardctl(['status']);
  return String((next as { command: string | null }).command);
}

async function query(url: string, sql: string): Promise<number | null> {
  return (await rowsOf(url, sql)).rowCount;
}

async function rowsOf(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
