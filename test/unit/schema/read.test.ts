import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { SourceTable } from '../../../src/schema/model.js';
import { readSchema } from '../../../src/schema/read.js';
import { schemaOf } from './support.js';

function tableOf(sql: string): SourceTable {
  const [table] = schemaOf(sql).tables;
  if (table === undefined) throw new Error('no table');
  return table;
}

describe('the rowid alias', () => {
  test.each([
    ['INTEGER PRIMARY KEY', 'CREATE TABLE t(a INTEGER PRIMARY KEY)', 'a'],
    ['integer in any case', 'CREATE TABLE t(a InTeGer primary key)', 'a'],
    ['a quoted type', 'CREATE TABLE t(a "INTEGER" PRIMARY KEY)', 'a'],
    ['a table constraint', 'CREATE TABLE t(b TEXT, a INTEGER, PRIMARY KEY(a))', 'a'],
    ['a descending table constraint', 'CREATE TABLE t(a INTEGER, PRIMARY KEY(a DESC))', 'a'],
    ['INTEGER PRIMARY KEY DESC', 'CREATE TABLE t(a INTEGER PRIMARY KEY DESC)', null],
    ['INT PRIMARY KEY', 'CREATE TABLE t(a INT PRIMARY KEY)', null],
    ['INTEGER(8) PRIMARY KEY', 'CREATE TABLE t(a INTEGER(8) PRIMARY KEY)', null],
    ['a key of two', 'CREATE TABLE t(a INTEGER, b INTEGER, PRIMARY KEY(a, b))', null],
    ['WITHOUT ROWID', 'CREATE TABLE t(a INTEGER PRIMARY KEY) WITHOUT ROWID', null],
    ['no key', 'CREATE TABLE t(a INTEGER)', null],
  ])('%s', (_case, sql, expected) => {
    expect(tableOf(sql).rowidAlias).toBe(expected);
  });
});

describe('columns', () => {
  test('are in declared order, with everything the DDL says of them', () => {
    const { columns } = tableOf(
      `CREATE TABLE t("a ""b" VARCHAR(3) NOT NULL COLLATE nocase DEFAULT 'x, y', [c d])`,
    );
    expect(columns).toEqual([
      {
        name: 'a "b',
        declaredType: 'VARCHAR(3)',
        affinity: 'text',
        notNull: true,
        defaultSql: "'x, y'",
        collation: 'NOCASE',
        generated: null,
        generatedSql: null,
      },
      {
        name: 'c d',
        declaredType: '',
        affinity: 'blob',
        notNull: false,
        defaultSql: null,
        collation: 'BINARY',
        generated: null,
        generatedSql: null,
      },
    ]);
  });

  test('that are generated come with their expression, stored or not', () => {
    const { columns } = tableOf(
      "CREATE TABLE t(a, b INT GENERATED ALWAYS AS (a + (1)) STORED, c AS (a || ')') VIRTUAL)",
    );
    expect(columns.map((each) => [each.declaredType, each.generated, each.generatedSql])).toEqual([
      ['', null, null],
      ['INT', 'stored', 'a + (1)'],
      ['', 'virtual', "a || ')'"],
    ]);
  });

  test('that ALTER TABLE added or renamed are there', () => {
    const table = tableOf(`
      CREATE TABLE t(a INT CHECK (a > 0)); ALTER TABLE t ADD COLUMN b TEXT COLLATE RTRIM DEFAULT 'q';
      ALTER TABLE t RENAME COLUMN a TO "x y"`);
    expect(table.columns.map((each) => [each.name, each.collation, each.defaultSql])).toEqual([
      ['x y', 'BINARY', null],
      ['b', 'RTRIM', "'q'"],
    ]);
    expect(table.checks).toEqual([{ name: null, sql: '"x y" > 0' }]);
  });

  test('of a WITHOUT ROWID key refuse NULL, those of a rowid table do not', () => {
    const withRowid = tableOf('CREATE TABLE t(a TEXT PRIMARY KEY)');
    const without = tableOf('CREATE TABLE t(a TEXT PRIMARY KEY) WITHOUT ROWID');
    expect(withRowid.columns[0]?.notNull).toBe(false);
    expect(without.columns[0]?.notNull).toBe(true);
  });
});

describe('keys and indexes', () => {
  test('a composite key is in key order, not in the order of the columns', () => {
    expect(tableOf('CREATE TABLE t(a, b, c, PRIMARY KEY (c, a))').primaryKey).toEqual(['c', 'a']);
  });

  test('expressions, order, collation and WHERE come from the text', () => {
    const { indexes } = tableOf(`CREATE TABLE t(a TEXT COLLATE NOCASE, b INT UNIQUE);
      CREATE UNIQUE INDEX i ON t(lower(a) COLLATE RTRIM DESC, b, a) WHERE b > (1) -- why`);
    expect(indexes).toEqual([
      {
        name: 'sqlite_autoindex_t_1',
        unique: true,
        origin: 'unique',
        columns: [{ name: 'b', expressionSql: null, descending: false, collation: 'BINARY' }],
        whereSql: null,
      },
      {
        name: 'i',
        unique: true,
        origin: 'create',
        columns: [
          { name: null, expressionSql: 'lower(a)', descending: true, collation: 'RTRIM' },
          { name: 'b', expressionSql: null, descending: false, collation: 'BINARY' },
          { name: 'a', expressionSql: null, descending: false, collation: 'NOCASE' },
        ],
        whereSql: 'b > (1)',
      },
    ]);
  });

  test('checks keep their name, wherever they stand', () => {
    const { checks } = tableOf(
      'CREATE TABLE t(a INT CONSTRAINT pos CHECK (a > 0) CHECK (a < 9), CONSTRAINT "x y" CHECK (a <> 5) CHECK (1))',
    );
    expect(checks).toEqual([
      { name: 'pos', sql: 'a > 0' },
      { name: null, sql: 'a < 9' },
      { name: 'x y', sql: 'a <> 5' },
      { name: null, sql: '1' },
    ]);
  });
});

describe('foreign keys', () => {
  test('parent columns that are left out are those of the primary key', () => {
    const schema = schemaOf(
      'CREATE TABLE c(a REFERENCES Parent); CREATE TABLE parent(x, y PRIMARY KEY)',
    );
    expect(schema.tables[0]?.foreignKeys[0]).toMatchObject({
      parentTable: 'parent',
      parentColumns: ['y'],
    });
  });

  test('keep their actions and when they are checked, in the order of the text', () => {
    const { foreignKeys } = tableOf(`CREATE TABLE t(id INTEGER PRIMARY KEY,
      a REFERENCES t ON DELETE SET DEFAULT CHECK (a > 0) DEFERRABLE INITIALLY DEFERRED,
      b REFERENCES t(ID) NOT DEFERRABLE INITIALLY DEFERRED,
      FOREIGN KEY (a, b) REFERENCES u(x, y) ON UPDATE CASCADE)`);
    expect(foreignKeys).toEqual([
      {
        columns: ['a'],
        parentTable: 't',
        parentColumns: ['id'],
        onUpdate: 'NO ACTION',
        onDelete: 'SET DEFAULT',
        deferred: true,
      },
      {
        columns: ['b'],
        parentTable: 't',
        parentColumns: ['id'],
        onUpdate: 'NO ACTION',
        onDelete: 'NO ACTION',
        deferred: false,
      },
      {
        columns: ['a', 'b'],
        parentTable: 'u',
        parentColumns: ['x', 'y'],
        onUpdate: 'CASCADE',
        onDelete: 'NO ACTION',
        deferred: false,
      },
    ]);
  });
});

describe('the rest', () => {
  test('sqlite_sequence is read whole, and survives the deletion of every row', () => {
    const table = tableOf(`CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT);
      INSERT INTO t VALUES (9007199254740993); DELETE FROM t`);
    expect(table.autoincrement).toBe(true);
    expect(table.sequence).toBe(9007199254740993n);
  });

  test('views, triggers, virtual tables and their storage are extras, internals are nothing', () => {
    const schema = schemaOf(`CREATE TABLE t(a); CREATE VIEW v AS SELECT 1;
      CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END; CREATE VIRTUAL TABLE f USING fts5(x);
      ANALYZE`);
    expect(schema.tables.map((table) => table.name)).toEqual(['t']);
    expect(schema.extras.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'view v',
      'virtual table f',
      'shadow table f_data',
      'shadow table f_idx',
      'shadow table f_content',
      'shadow table f_docsize',
      'shadow table f_config',
      'trigger tr',
    ]);
  });

  test('STRICT and WITHOUT ROWID are seen', () => {
    const table = tableOf('CREATE TABLE t(a INT PRIMARY KEY, b ANY) STRICT, WITHOUT ROWID');
    expect(table).toMatchObject({ strict: true, withoutRowid: true });
    expect(table.columns.map((column) => column.affinity)).toEqual(['integer', 'blob']);
  });

  test.each([
    ['UTF-8', 'utf8'],
    ['UTF-16le', 'utf16le'],
    ['UTF-16be', 'utf16be'],
  ])('the encoding %s is %s', (pragma, encoding) => {
    const db = new Database(':memory:');
    db.exec(`PRAGMA encoding = '${pragma}'; CREATE TABLE t(a)`);
    expect(readSchema(db).encoding).toBe(encoding);
    db.close();
  });

  test('a connection that gives integers as numbers reads the same', () => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE)');
    const asNumbers = readSchema(db);
    db.defaultSafeIntegers(true);
    expect(readSchema(db)).toEqual(asNumbers);
    db.close();
  });
});
