import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPair } from '../../../src/sync/pair.js';
import { atEnd } from '../../support/cleanup.js';
import { applyAll, linkTemplate, switchTo, textClient } from '../../support/move/linked-pair.js';
import { serverUser } from '../../support/os-user.js';
import { canMount, smallDisk } from '../../support/small-disk.js';

const template = await linkTemplate(`
  CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
  INSERT INTO note VALUES (1, 'first');`);

const DISK_BYTES = 8_000_000;

/** Rows that take so much room on any side, in its dialect. */
const FILL_POSTGRES = `INSERT INTO note SELECT i, repeat(md5(i::text), 300) FROM generate_series(2, 200) AS i`;
const FILL_SQLITE = `WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
  INSERT INTO note SELECT i, hex(randomblob(8000)) FROM n`;

/** Takes all the room there is; returns what gives it back. */
function fill(directory: string): () => void {
  const path = join(directory, 'something-else');
  for (let bytes = DISK_BYTES; bytes >= 4_096; bytes = Math.floor(bytes / 2)) {
    try {
      writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      // A smaller piece may fit.
    }
  }
  return () => rmSync(path);
}

describe.runIf(canMount)('a disk that is full', () => {
  it.each(['wal', 'delete'] as const)(
    'of a SQLite copy in %s mode: it stands still, and goes on when there is room',
    async (journalMode) => {
      const directory = await smallDisk(DISK_BYTES);
      const linked = await template.copy({ journalMode, directory });
      const opened = await linked.open();
      await switchTo(opened, 'postgres');
      await linked.postgres.query(FILL_POSTGRES);
      const before = (await opened.pair.sqlite.facts()).applied;
      const makeRoom = fill(directory);
      await expect(applyAll(opened)).rejects.toMatchObject({ code: 'source' });
      expect((await opened.pair.sqlite.facts()).applied).toEqual(before);
      await expect(switchTo(opened, 'sqlite')).rejects.toMatchObject({ code: 'source' });
      await linked.postgres.query(`UPDATE note SET text = 'writes go on' WHERE id = 1`);
      makeRoom();
      await switchTo(opened, 'sqlite');
      expect(await linked.differences()).toEqual([]);
    },
  );

  it.each(['wal', 'delete'] as const)(
    'of the authority in %s mode: a promote changes nothing, and does when there is room',
    async (journalMode) => {
      const directory = await smallDisk(DISK_BYTES);
      const linked = await template.copy({ journalMode, directory });
      const opened = await linked.open();
      // A WAL that has room in it takes a fence all the same.
      linked.sqlite.pragma('wal_checkpoint(TRUNCATE)');
      const makeRoom = fill(directory);
      await expect(switchTo(opened, 'postgres')).rejects.toMatchObject({ code: 'source' });
      expect((await readPair(opened.pair)).authority).toMatchObject({
        store: 'sqlite',
        moving: false,
      });
      makeRoom();
      linked.sqlite.exec(`UPDATE note SET text = 'writes go on' WHERE id = 1`);
      await switchTo(opened, 'postgres');
      expect(await linked.differences()).toEqual([]);
    },
  );

  it('of a Postgres copy: it stands still, and goes on when there is room', async () => {
    const directory = await smallDisk(DISK_BYTES);
    const user = serverUser();
    if (user !== undefined) chownSync(directory, user.uid, user.gid);
    const linked = await onTablespace(directory);
    const opened = await linked.open();
    linked.sqlite.exec(FILL_SQLITE);
    const before = (await opened.pair.postgres.facts()).applied;
    const makeRoom = fill(directory);
    await expect(applyAll(opened)).rejects.toMatchObject({ code: 'target' });
    expect((await opened.pair.postgres.facts()).applied).toEqual(before);
    await expect(switchTo(opened, 'postgres')).rejects.toMatchObject({ code: 'target' });
    linked.sqlite.exec(`UPDATE note SET text = 'writes go on' WHERE id = 1`);
    makeRoom();
    await switchTo(opened, 'postgres');
    expect(await linked.differences()).toEqual([]);
  });
});

/** A pair whose table in Postgres lies in a directory. */
async function onTablespace(directory: string) {
  const admin = await textClient((await template.copy()).adminUrl);
  await admin.query(`CREATE TABLESPACE small LOCATION '${directory}'`);
  atEnd(async () => void (await admin.query('DROP TABLESPACE small')));
  const linked = await template.copy();
  const owner = await textClient(linked.adminUrl);
  await owner.query('ALTER TABLE public.note SET TABLESPACE small');
  return linked;
}
