import { expect, it } from 'vitest';
import { openTarget } from '../../../src/drivers/postgres.js';
import { openPools } from '../../../src/drivers/postgres-pools.js';
import { systemClock } from '../../../src/lib/clock.js';
import { prepareStore } from '../../../src/store/ledger-schema.js';
import { postgresDatabase } from '../../../src/store/postgres/database.js';
import { atEnd } from '../../support/cleanup.js';
import { createDatabase } from '../../support/postgres.js';

it('a target that was loaded while no challenge was open takes the next one', async () => {
  const { url } = await createDatabase();
  const target = openTarget(url);
  atEnd(() => target.close());
  await target.query(`
    CREATE TABLE players (user_id bigint PRIMARY KEY);
    CREATE TABLE active_fights (
      fight_id text PRIMARY KEY,
      challenger_id bigint REFERENCES players,
      opponent_id bigint REFERENCES players
    );
    INSERT INTO players VALUES (7)`);
  const open = () => target.query(`INSERT INTO active_fights VALUES ('f', 7, 0)`);
  await expect(open()).rejects.toThrow();
  const database = postgresDatabase(openPools({ primaryUrl: url }), systemClock);
  atEnd(() => database.close());
  await prepareStore(database);
  await prepareStore(database);
  expect((await open()).rowCount).toBe(1);
  const strangers = target.query(`INSERT INTO active_fights VALUES ('g', 8, 0)`);
  await expect(strangers).rejects.toThrow();
});
