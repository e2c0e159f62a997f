import { describe, expect, it } from 'vitest';
import { readPair } from '../../../src/sync/pair.js';
import { applyAll, linkTemplate, switchTo } from '../../support/move/linked-pair.js';

const template = await linkTemplate(`
  CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT UNIQUE, score INTEGER DEFAULT 0);
  INSERT INTO players VALUES (1, 'ada', 0), (2, 'bob', 0);`);

describe.each([
  'ALTER TABLE players ADD COLUMN level INTEGER DEFAULT 1',
  'ALTER TABLE players RENAME COLUMN score TO points',
  'DROP TABLE players; CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT, score INTEGER)',
  'CREATE TABLE guilds (id INTEGER PRIMARY KEY)',
  'DROP TRIGGER cardctl_0_update_after',
])('%s', (sql) => {
  it('stops the follower and refuses a promote, and the bot plays on', async () => {
    const linked = await template.copy();
    const opened = await linked.open();
    linked.sqlite.exec("UPDATE players SET name = 'eve' WHERE id = 1");
    linked.sqlite.exec(sql);
    await expect(applyAll(opened)).rejects.toMatchObject({ code: 'refused' });
    await expect(switchTo(opened, 'postgres')).rejects.toMatchObject({ code: 'refused' });
    linked.sqlite.exec("INSERT INTO players (id, name) VALUES (3, 'cyd')");
    expect((await readPair(opened.pair)).authority).toMatchObject({
      store: 'sqlite',
      moving: false,
    });
    const { rows } = await linked.postgres.query('SELECT id, name FROM players ORDER BY id');
    expect(rows).toEqual([
      { id: '1', name: 'ada' },
      { id: '2', name: 'bob' },
    ]);
  });
});

describe.each([
  'ALTER TABLE players ADD COLUMN level integer DEFAULT 1',
  'ALTER TABLE players DISABLE TRIGGER cardctl_capture',
  'DROP TRIGGER cardctl_fence ON players',
])('%s in Postgres', (sql) => {
  it('stops the follower and refuses a demote, and the bots play on', async () => {
    const linked = await template.copy();
    const opened = await linked.open();
    await switchTo(opened, 'postgres');
    await linked.postgres.query("UPDATE players SET name = 'eve' WHERE id = 1");
    await linked.postgres.query(sql);
    await expect(applyAll(opened)).rejects.toMatchObject({ code: 'refused' });
    await expect(switchTo(opened, 'sqlite')).rejects.toMatchObject({ code: 'refused' });
    await linked.postgres.query("INSERT INTO players (id, name) VALUES (3, 'cyd')");
    expect((await readPair(opened.pair)).authority).toMatchObject({
      store: 'postgres',
      moving: false,
    });
    expect(linked.sqlite.prepare('SELECT id, name FROM players').all()).toEqual([
      { id: 1, name: 'ada' },
      { id: 2, name: 'bob' },
    ]);
  });
});
