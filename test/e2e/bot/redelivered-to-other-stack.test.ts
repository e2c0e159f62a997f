import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { expect, test } from 'vitest';
import { commandUpdate } from '../../support/bot/updates.js';
import { moveTo, smallGame } from '../../support/moved-game.js';
import { makeStage, post } from '../../support/stage.js';

test.each(['postgres', 'sqlite'] as const)(
  'redelivered-to-the-other-stack: with %s as the authority, an update that every bot gets is applied once',
  async (store) => {
    const { options } = await smallGame();
    const stage = await makeStage(options);
    await moveTo(stage, store);
    await stage.startAll();
    const ask = {
      postgres: (sql: string) => askPostgres(options.targetUrl, sql),
      sqlite: (sql: string) => askSqlite(options.source, sql),
    };
    const players = Array.from({ length: 15 }, (_, i) => 9_300_000_001 + i);
    const claims = players.map((id, i) =>
      commandUpdate({ updateId: 1_000 + i, from: { id, name: `P${i}` }, text: '/claim' }),
    );
    // At once, and again afterwards: whichever is first, the others find it done.
    for (let round = 0; round < 2; round += 1) {
      const answers = await Promise.all(
        claims.flatMap((claim) => stage.bots.map((bot) => post(bot, claim))),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      // From here on only the ledger knows that they have claimed.
      await ask[store]('UPDATE players SET last_claim = NULL WHERE user_id > 9300000000');
    }
    const cards = `SELECT user_id, count(*) AS cards FROM player_cards
                    WHERE user_id > 9300000000 GROUP BY user_id ORDER BY user_id`;
    const found = await ask[store](cards);
    expect(found.map(({ user_id, cards }) => [Number(user_id), Number(cards)])).toEqual(
      players.map((id) => [id, 1]),
    );
    expect(await ask[store === 'postgres' ? 'sqlite' : 'postgres'](cards)).toEqual([]);
  },
);

type Rows = { user_id: unknown; cards: unknown }[];

async function askPostgres(url: string, sql: string): Promise<Rows> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function askSqlite(path: string, sql: string): Promise<Rows> {
  const db = new Sqlite(path);
  try {
    const statement = db.prepare<[], Rows[number]>(sql);
    if (statement.reader) return statement.all();
    statement.run();
    return [];
  } finally {
    db.close();
  }
}
