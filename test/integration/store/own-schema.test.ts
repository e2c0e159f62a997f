import pg from 'pg';
import { expect, it } from 'vitest';
import { openPools } from '../../../src/drivers/postgres-pools.js';
import { systemClock } from '../../../src/lib/clock.js';
import { prepareStore } from '../../../src/store/ledger-schema.js';
import { postgresDatabase } from '../../../src/store/postgres/database.js';
import { atEnd } from '../../support/cleanup.js';
import { createDatabase } from '../../support/postgres.js';

it('a role that is called as a schema finds the ledger that was moved, and makes none of its own', async () => {
  const { url } = await createDatabase();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  atEnd(() => client.end());
  // Postgres looks there first. The schema of cardctl and the role of its own server are the case.
  await client.query(`CREATE SCHEMA ${new URL(url).username}`);
  await client.query(
    'CREATE TABLE public.cardbot_update (update_id bigint PRIMARY KEY, applied_at text NOT NULL, replies text, taken_at text, sent_at text)',
  );
  await client.query("INSERT INTO public.cardbot_update VALUES (7, '2025-10-11T10:20:30')");
  const database = postgresDatabase(openPools({ primaryUrl: url }), systemClock);
  try {
    await prepareStore(database);
    const rows = await database.read({ copy: 'authority', behind: null, statements: 'one' }, (db) =>
      db.run('SELECT update_id FROM cardbot_update'),
    );
    expect(rows).toEqual([{ update_id: 7n }]);
  } finally {
    await database.close();
  }
  const { rows } = await client.query(
    "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_name LIKE 'cardbot%'",
  );
  expect(rows).toEqual([{ table_schema: 'public' }]);
});
