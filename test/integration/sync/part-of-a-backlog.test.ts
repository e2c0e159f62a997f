import { describe, expect, it } from 'vitest';
import { readPair } from '../../../src/sync/pair.js';
import { applyAll, linkTemplate, switchTo } from '../../support/move/linked-pair.js';

/** More entries than a set holds lie between the first change of a row and the last. */
const ROWS = 60_000;

const template = await linkTemplate(`
  CREATE TABLE seat (
    id INTEGER PRIMARY KEY, holder TEXT UNIQUE, room INTEGER NOT NULL, place INTEGER NOT NULL,
    moves INTEGER NOT NULL DEFAULT 0, label TEXT AS (room || '-' || place)
  );
  CREATE UNIQUE INDEX seat_place ON seat (room, place) WHERE room > 0;
  CREATE UNIQUE INDEX seat_holder ON seat (lower(holder));
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
  INSERT INTO seat (id, holder, room, place) SELECT i, 'holder ' || i, i % 7, i FROM n;`);

/** The first row gets what the last one has, long before that one gives it away. */
const FIRST = `UPDATE seat SET moves = 1 WHERE id = 1`;
const BETWEEN = 'UPDATE seat SET moves = moves + 1 WHERE id BETWEEN 2 AND 59990';
const SWAP = [
  `UPDATE seat SET holder = 'nobody', room = 0 WHERE id = ${ROWS}`,
  `UPDATE seat SET holder = 'HOLDER ${ROWS}', room = ${ROWS % 7}, place = ${ROWS} WHERE id = 1`,
  `DELETE FROM seat WHERE id = 59999`,
  `UPDATE seat SET holder = 'holder 59999' WHERE id = 2`,
  `UPDATE seat SET holder = 'holder 1', room = 1, place = 1 WHERE id = ${ROWS}`,
];

describe('a row that takes a unique value before the set in which the other gives it away', () => {
  it('reaches Postgres', async () => {
    const linked = await template.copy({ journalMode: 'wal' });
    const opened = await linked.open();
    linked.sqlite.exec(['BEGIN', FIRST, BETWEEN, ...SWAP, 'COMMIT'].join(';'));
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    expect((await readPair(opened.pair)).postgres.applied).toMatchObject({ isConsistent: true });
  });

  it('reaches SQLite', async () => {
    const linked = await template.copy({ journalMode: 'wal' });
    const opened = await linked.open();
    await switchTo(opened, 'postgres');
    for (const sql of [FIRST, BETWEEN, ...SWAP]) await linked.postgres.query(sql);
    await applyAll(opened);
    expect(await linked.differences()).toEqual([]);
    expect((await readPair(opened.pair)).sqlite.applied).toMatchObject({ isConsistent: true });
  });
});
