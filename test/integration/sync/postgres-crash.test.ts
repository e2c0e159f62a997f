import { expect, it } from 'vitest';
import { ORIGIN } from '../../../src/sync/position.js';
import { atEnd } from '../../support/cleanup.js';
import { DURABLE, startPostgres } from '../../support/postgres-server.js';
import { contentsOf, openAuthority, textClient } from './postgres-follower.js';

const DDL = {
  sqlite: 'CREATE TABLE players (id INTEGER PRIMARY KEY, score INTEGER)',
  postgres: 'CREATE TABLE players (id bigint PRIMARY KEY, score bigint)',
};

/** What is not flushed by a commit stays in memory, and is gone with the server. */
const LATE_WRITER = { ...DURABLE, wal_writer_delay: '10s' };

async function crashingAuthority() {
  const server = await startPostgres({ settings: LATE_WRITER });
  atEnd(() => server.stop());
  const authority = await openAuthority(DDL, server.adminUrl);
  const crash = async () => {
    await server.crash();
    await server.startAgain();
    return textClient(authority.database.url);
  };
  return { ...authority, crash };
}

it('reads a write whose transaction id was given out before a crash to one that was rolled back', async () => {
  const { side, sql, crash } = await crashingAuthority();
  await sql.query('INSERT INTO players VALUES (1, 1)');
  for (let i = 0; i < 20; i++) {
    await sql.query('BEGIN');
    await sql.query('INSERT INTO players VALUES (2, 2)');
    await sql.query('ROLLBACK');
  }
  const first = await side.readChanges(ORIGIN, 1);
  expect(contentsOf(first)).toEqual({ players: { keys: [['1']], rows: ['1\t1'] } });

  const again = await crash();
  await again.query('INSERT INTO players VALUES (3, 3)');
  const second = await side.readChanges(first!.to, 1);
  expect(contentsOf(second)).toEqual({ players: { keys: [['3']], rows: ['3\t3'] } });
});

it('hands out nothing that a crash takes back', async () => {
  const { side, sql, crash } = await crashingAuthority();
  await sql.query('SET synchronous_commit = off');
  await sql.query('INSERT INTO players VALUES (1, 1)');
  const first = await side.readChanges(ORIGIN, 1);
  expect(contentsOf(first)).toEqual({ players: { keys: [['1']], rows: ['1\t1'] } });

  const again = await crash();
  const { rows } = await again.query('SELECT id, score FROM players');
  expect(rows).toEqual([{ id: '1', score: '1' }]);
});
