import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { linkTemplate } from '../../support/move/linked-pair.js';

/** Does not compress: an index row of Postgres holds 2,704 bytes. */
const LONG = randomBytes(4_500).toString('hex');

const insert = (
  key: string,
) => `CREATE TABLE notes (slug TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
  INSERT INTO notes VALUES ('${key}', 'x');`;

test('a key that no index keeps unique in the target cannot be followed, since Postgres would take it twice', async () => {
  await expect(linkTemplate(insert(LONG))).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('notes: no index in the target keeps its slug unique'),
  });
});

test.each([
  ['a plain one', insert('short')],
  [
    'one that takes letters of either case for the same',
    `CREATE TABLE names (name TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID;
     INSERT INTO names VALUES ('Ali');`,
  ],
  [
    'one of two columns, by a unique index',
    `CREATE TABLE pairs (a INT NOT NULL, b TEXT NOT NULL, UNIQUE (b, a));
     INSERT INTO pairs VALUES (1, 'b');`,
  ],
])('a key that is kept unique can: %s', async (_what, sql) => {
  await expect(linkTemplate(sql)).resolves.toBeDefined();
});
