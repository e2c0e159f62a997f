import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import {
  applyAll,
  type LinkedPair,
  linkTemplate,
  switchTo,
  textClient,
} from '../../support/move/linked-pair.js';

const template = await linkTemplate(`
  CREATE TABLE guild (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    leader INTEGER REFERENCES member(id) DEFERRABLE INITIALLY DEFERRED
  );
  CREATE TABLE member (
    id INTEGER PRIMARY KEY AUTOINCREMENT, nick TEXT UNIQUE, seat INTEGER UNIQUE,
    guild INTEGER REFERENCES guild(id) ON DELETE CASCADE, score REAL DEFAULT 0.5
  );
  CREATE TABLE honour (
    guild INTEGER, title TEXT COLLATE NOCASE, holder TEXT, PRIMARY KEY (guild, title)
  ) WITHOUT ROWID;
  INSERT INTO guild (id, name, leader) VALUES (1, 'red', 1), (2, 'blue', 3);
  INSERT INTO member (id, nick, seat, guild) VALUES
    (1, 'ada', 1, 1), (2, 'bob', 2, 1), (3, 'cyd', 3, 2), (4, 'dot', 4, 2);
  INSERT INTO honour VALUES (1, 'First', 'ada'), (2, 'first', 'cyd');`);

/** What a bot does, in the dialect of each side; it may need several statements. */
interface Hazard {
  sqlite: string[];
  postgres: string[];
}

const both = (...statements: string[]): Hazard => ({ sqlite: statements, postgres: statements });

const HAZARDS: Record<string, Hazard> = {
  'a row that is replaced through another unique key': {
    sqlite: [`INSERT OR REPLACE INTO member (id, nick, seat, guild) VALUES (9, 'ada', 4, 1)`],
    postgres: [
      `DELETE FROM member WHERE nick = 'ada' OR seat = 4`,
      `INSERT INTO member (id, nick, seat, guild) VALUES (9, 'ada', 4, 1)`,
    ],
  },
  'an update that replaces': {
    sqlite: [`UPDATE OR REPLACE member SET nick = 'bob' WHERE id = 3`],
    postgres: [`DELETE FROM member WHERE id = 2`, `UPDATE member SET nick = 'bob' WHERE id = 3`],
  },
  'a row whose primary key changes, and another that takes its place': both(
    `UPDATE member SET id = 40 WHERE id = 1`,
    `INSERT INTO member (id, nick, seat) VALUES (1, 'eve', 10)`,
    `UPDATE honour SET guild = 7, title = 'Last' WHERE guild = 1`,
  ),
  'keys that differ in the case of a letter': both(
    `UPDATE honour SET title = 'FIRST' WHERE guild = 1`,
    `DELETE FROM honour WHERE guild = 2`,
    `INSERT INTO honour VALUES (2, 'FiRsT', 'dot')`,
  ),
  'two rows that swap their unique values': both(
    `UPDATE member SET nick = NULL, seat = NULL WHERE id = 1`,
    `UPDATE member SET nick = 'ada', seat = 1 WHERE id = 2`,
    `UPDATE member SET nick = 'bob', seat = 2 WHERE id = 1`,
  ),
  'two rows that refer to each other': both(
    `INSERT INTO guild (id, name, leader) VALUES (5, 'green', 50)`,
    `INSERT INTO member (id, nick, seat, guild) VALUES (50, 'fay', 50, 5)`,
    `UPDATE guild SET leader = 1 WHERE id = 5`,
  ),
  'a parent that is gone before its children': both(
    `DELETE FROM guild WHERE id = 1`,
    `DELETE FROM member WHERE guild = 1`,
  ),
  'a table that is emptied, and filled again': both(
    `DELETE FROM member`,
    `INSERT INTO member (nick, seat) VALUES ('new', 1)`,
  ),
  'many changes of one row, which is gone in the end': both(
    `INSERT INTO member (id, nick) VALUES (60, 'gus')`,
    ...Array.from({ length: 20 }, (_, i) => `UPDATE member SET score = ${i} WHERE id = 60`),
    `DELETE FROM member WHERE id = 60`,
  ),
};

async function run(client: pg.Client, statements: readonly string[]): Promise<void> {
  for (const sql of ['BEGIN', ...statements, 'COMMIT']) await client.query(sql);
}

/** Adds a row to each of the tables that count, where writes are taken; their numbers. */
async function issued({ sqlite, postgres }: LinkedPair): Promise<Issued> {
  const insert = async (table: string, column: string) => {
    const sql = `INSERT INTO ${table} (${column}) VALUES ('${randomUUID()}') RETURNING id`;
    try {
      return Number(sqlite.prepare(sql).pluck().get());
    } catch {
      return Number((await postgres.query(sql)).rows[0]?.id);
    }
  };
  return { guild: await insert('guild', 'name'), member: await insert('member', 'nick') };
}

interface Issued {
  guild: number;
  member: number;
}

/** By either side, and by whoever chose one. */
function highest({ sqlite }: LinkedPair, ...before: Issued[]): Issued {
  const of = (table: keyof Issued) =>
    Math.max(
      Number(sqlite.prepare(`SELECT max(id) FROM ${table}`).pluck().get()),
      ...before.map((ids) => ids[table]),
    );
  return { guild: of('guild'), member: of('member') };
}

const above = ({ guild, member }: Issued): Issued => ({ guild: guild + 1, member: member + 1 });

describe.each(['wal', 'delete'] as const)('with a source in %s mode', (journalMode) => {
  it.each(Object.entries(HAZARDS))('%s', async (_, { sqlite, postgres }) => {
    const linked = await template.copy({ journalMode });
    const opened = await linked.open();
    linked.sqlite.exec(['BEGIN', ...sqlite, 'COMMIT'].join(';'));
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    const first = await issued(linked);
    await switchTo(opened, 'postgres');
    expect(await linked.differences()).toEqual([]);
    await linked.postgres.query('DELETE FROM member; DELETE FROM guild; DELETE FROM honour');
    // The numbers of rows that are gone are not issued again.
    const second = await issued(linked);
    expect(second).toEqual(above(first));
    await linked.postgres.query('DELETE FROM member; DELETE FROM guild');
    await run(linked.postgres, FILL);
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    await run(linked.postgres, postgres);
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    const last = highest(linked, second);
    await switchTo(opened, 'sqlite');
    expect(await issued(linked)).toEqual(above(last));
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
  });

  it('what foreign keys take along while the writer has them enforced', async () => {
    const linked = await template.copy({ journalMode });
    const opened = await linked.open();
    linked.sqlite.pragma('foreign_keys = ON');
    linked.sqlite.exec('UPDATE guild SET leader = NULL; DELETE FROM guild WHERE id = 2');
    await applyAll(opened);
    expect((await linked.postgres.query('SELECT id FROM member ORDER BY id')).rows).toEqual([
      { id: '1' },
      { id: '2' },
    ]);
    expect(await linked.differences()).toEqual([]);
  });

  it('a VACUUM of the source, and of Postgres', async () => {
    const linked = await template.copy({ journalMode });
    const opened = await linked.open();
    linked.sqlite.exec(`DELETE FROM member WHERE id < 3; VACUUM; UPDATE member SET score = 7`);
    await applyAll(opened);
    linked.sqlite.exec('VACUUM; REINDEX; ANALYZE; UPDATE member SET score = 8');
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    await switchTo(opened, 'postgres');
    for (const sql of ['UPDATE member SET score = 9', 'VACUUM FULL', 'DELETE FROM honour']) {
      await linked.postgres.query(sql);
    }
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
  });

  it('a writer that had begun before the fence, and commits while it is waited for', async () => {
    const linked = await template.copy({ journalMode });
    const opened = await linked.open();
    linked.sqlite.exec(`BEGIN IMMEDIATE; INSERT INTO member (id, nick) VALUES (70, 'late')`);
    const promoting = switchTo(opened, 'postgres');
    setTimeout(() => linked.sqlite.exec('COMMIT'), 300);
    expect(await promoting).toMatchObject({ changed: true });
    expect(await linked.differences()).toEqual([]);

    const writer = await textClient(linked.url);
    await writer.query(`BEGIN; UPDATE member SET nick = 'later' WHERE id = 70`);
    const demoting = switchTo(opened, 'sqlite');
    setTimeout(() => void writer.query('COMMIT'), 300);
    expect(await demoting).toMatchObject({ changed: true });
    expect(linked.sqlite.prepare('SELECT nick FROM member WHERE id = 70').get()).toEqual({
      nick: 'later',
    });
    expect(await linked.differences()).toEqual([]);
  });

  it('a writer that does not end is not waited for any longer, and nothing has changed', async () => {
    const linked = await template.copy({ journalMode });
    const opened = await linked.open();
    linked.sqlite.exec(`BEGIN IMMEDIATE; INSERT INTO member (id, nick) VALUES (70, 'late')`);
    await expect(switchTo(opened, 'postgres', { drainMsMax: 150 })).rejects.toMatchObject({
      code: 'refused',
    });
    linked.sqlite.exec(`COMMIT; INSERT INTO member (id, nick) VALUES (71, 'latest')`);
    await switchTo(opened, 'postgres');
    expect(await linked.differences()).toEqual([]);

    const writer = await textClient(linked.url);
    await writer.query(`BEGIN; UPDATE member SET nick = 'later' WHERE id = 70`);
    await expect(switchTo(opened, 'sqlite', { drainMsMax: 150 })).rejects.toMatchObject({
      code: 'refused',
    });
    await writer.query('COMMIT');
    await linked.postgres.query(`UPDATE member SET nick = 'last' WHERE id = 71`);
    await switchTo(opened, 'sqlite');
    expect(await linked.differences()).toEqual([]);
  });
});

const FILL = [
  `INSERT INTO guild (id, name, leader) VALUES (1, 'red', 1), (2, 'blue', 3)`,
  `INSERT INTO member (id, nick, seat, guild) VALUES
     (1, 'ada', 1, 1), (2, 'bob', 2, 1), (3, 'cyd', 3, 2), (4, 'dot', 4, 2)`,
  `INSERT INTO honour VALUES (1, 'First', 'ada'), (2, 'first', 'cyd')`,
];
