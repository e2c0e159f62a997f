import { expect, test } from 'vitest';
import { NameSpace, quoteIdent } from '../../../src/schema/identifiers.js';
import { targetNames } from '../../../src/schema/target-names.js';
import { schemaOf } from './support.js';

test('every name is quoted, and quotes in it doubled', () => {
  expect(quoteIdent('Order "by"; --')).toBe('"Order ""by""; --"');
});

test('a name of 63 bytes stays, one of 64 is shortened with a hash of it', () => {
  const names = new NameSpace();
  expect(names.take('x'.repeat(63))).toBe('x'.repeat(63));
  expect(names.take('x'.repeat(64))).toBe(`${'x'.repeat(54)}_7ce10097`);
});

test('a name is never cut inside a character', () => {
  const name = new NameSpace().take('ب'.repeat(40));
  expect(name).toMatch(/^ب{27}_[0-9a-f]{8}$/);
  expect(Buffer.byteLength(name)).toBe(63);
});

test('names that would collide after 63 bytes differ', () => {
  const names = new NameSpace();
  const [a, b] = [names.take(`${'x'.repeat(70)}a`), names.take(`${'x'.repeat(70)}b`)];
  expect(a).not.toBe(b);
});

test('a name that is taken gets a hash, one that nobody chose a number', () => {
  const names = new NameSpace(['a', 'b_key']);
  expect(names.take('a')).toMatch(/^a_[0-9a-f]{8}$/);
  expect(names.takeNumbered('b_key')).toBe('b_key1');
  expect(names.takeNumbered('b_key')).toBe('b_key2');
});

test('names stay as they are, in any case and alphabet, reserved or not', () => {
  const names = targetNames(
    schemaOf(
      'CREATE TABLE "Select"("from", "ستون", "a b"); CREATE INDEX "Index" ON "Select"("from")',
    ),
  );
  expect(names.table('Select')).toBe('Select');
  expect(names.column('Select', 'ستون')).toBe('ستون');
  expect(names.index('Index')).toBe('Index');
  expect(names.changed).toEqual([]);
});

test("a column with the name of one of Postgres's own is renamed and reported", () => {
  const names = targetNames(schemaOf('CREATE TABLE t(ctid, "")'));
  expect(names.column('t', 'ctid')).toBe('ctid_a6768917');
  expect(names.column('t', '')).toBe('_e3b0c442');
  expect(names.changed).toEqual([
    {
      table: 't',
      what: 'name',
      name: 'ctid',
      sql: '',
      reason: 'the column is called ctid_a6768917 in the target: Postgres cannot call it ctid',
    },
    {
      table: 't',
      what: 'name',
      name: '',
      sql: '',
      reason: 'the column is called _e3b0c442 in the target: Postgres cannot call it ',
    },
  ]);
});

test('the name of a key never pushes out that of a table or an index', () => {
  const names = targetNames(
    schemaOf(
      'CREATE TABLE a(x PRIMARY KEY, y UNIQUE); CREATE TABLE a_pkey(x); CREATE INDEX a_y_key ON a(y)',
    ),
  );
  expect(names.table('a_pkey')).toBe('a_pkey');
  expect(names.index('a_y_key')).toBe('a_y_key');
  expect(names.primaryKey('a')).toBe('a_pkey1');
  expect(names.index('sqlite_autoindex_a_2')).toBe('a_y_key1');
});

test('constraints of one table differ from each other', () => {
  const names = targetNames(
    schemaOf(
      'CREATE TABLE t(a REFERENCES t CONSTRAINT t_pkey CHECK (a), b CHECK (b) PRIMARY KEY, CHECK (1))',
    ),
  );
  expect(names.primaryKey('t')).toBe('t_pkey');
  expect([0, 1, 2].map((number) => names.check('t', number))).toEqual([
    't_pkey_9158441d',
    't_check',
    't_check1',
  ]);
  expect(names.foreignKey('t', 0)).toBe('t_a_fkey');
});
