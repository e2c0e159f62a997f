import Database from 'better-sqlite3';
import fc from 'fast-check';

/** A database in words: small numbers choose among what there is, so that it shrinks well. */
export interface Recipe {
  pageSize: number;
  encoding: string;
  tables: TableRecipe[];
}

interface TableRecipe {
  name: string;
  columns: ColumnRecipe[];
  key: 'none' | 'rowid' | 'autoincrement' | 'one column' | 'descending' | 'two columns';
  withoutRowid: boolean;
  strict: boolean;
  indexes: IndexRecipe[];
  foreignKeys: { column: number; parent: number; names: boolean; action: string }[];
  /** Columns that `ALTER TABLE` adds when the first half of the rows is in. */
  added: { type: string; value: string }[];
  generated: { column: number; expression: string; kind: 'VIRTUAL' | 'STORED' }[];
  rows: Value[][];
  /** Of so many rows one is deleted; 0: none. */
  deletes: number;
}

interface ColumnRecipe {
  name: string;
  type: string;
  notNull: boolean;
  unique: boolean;
  check: string;
  default: string;
  collation: string;
  /** Which of its three values of a row the column takes: what is at home in it, or anything. */
  isWild: boolean;
}

interface IndexRecipe {
  columns: number[];
  unique: boolean;
  descending: boolean;
  where: string;
  expression: string;
}

/** One of each kind; the column's type says which is at home in it. */
interface Value {
  integer: bigint;
  real: number;
  text: string;
  blob: Uint8Array;
  time: string;
  isNull: boolean;
  wild: 'integer' | 'real' | 'text' | 'blob' | 'NUL' | 'not UTF-8' | 'infinity' | 'huge';
}

const NAMES = [
  'a',
  'B',
  'select',
  'Order',
  'two words',
  'quo"te',
  "it's",
  'نام',
  'a.b',
  '1st',
  'ctid',
  'x'.repeat(70),
  `${'x'.repeat(66)}yyyy`,
] as const;

const TYPES = [
  'INTEGER',
  'INT',
  'TEXT',
  'VARCHAR(3)',
  'REAL',
  'DOUBLE PRECISION',
  'BLOB',
  '',
  'NUMERIC',
  'DECIMAL(10, 2)',
  'BOOLEAN',
  'DATE',
  'DATETIME',
  'FLOATING POINT',
  'CHARINT',
  '"odd type"',
] as const;
const STRICT_TYPES = ['INTEGER', 'INT', 'REAL', 'TEXT', 'BLOB', 'ANY'] as const;

const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, ...others.map((it) => fc.constant(it)));

const integers = fc.oneof(
  fc.bigInt({ min: -3n, max: 9n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 53n + 1n, -(2n ** 53n) - 1n, 127n, -128n, 32_768n, 2n ** 31n, 2n ** 47n),
);
const reals = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0.1 + 0.2, -0.5, 1e300, 5e-324, 1e22, 123456789.125),
);
const texts = fc.oneof(
  fc.constantFrom('', ' ', '1', '0.5', 'abc', 'ABC', 'Abc', '\\', '\\N', '\\.', 'a\tb\nc\rd\b\f\v'),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('سلام‌دنیا', 'é', 'é', '\u{10ffff}', '\ufeffbom', '\u0001\u007f\u0085'),
  fc.nat(5_000).map((length) => 'ab\\\n'.repeat(length / 4)),
);
const times = fc.oneof(
  fc
    .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 19)),
  fc.constantFrom('2024-02-30', '2024-01-01', '2024-01-01 10:00:00', '2024-01-01T10:00:00.120000'),
);

const values: fc.Arbitrary<Value> = fc.record({
  integer: integers,
  real: reals,
  text: texts,
  blob: fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constant(new Uint8Array(3_000))),
  time: times,
  isNull: mostly(false, true),
  wild: fc.constantFrom('integer', 'real', 'text', 'blob', 'NUL', 'not UTF-8', 'infinity', 'huge'),
});

const columns: fc.Arbitrary<ColumnRecipe> = fc.record({
  name: fc.constantFrom(...NAMES),
  type: fc.constantFrom(...TYPES),
  notNull: mostly(false, true),
  unique: mostly(false, true),
  check: mostly(
    '',
    '@ IS NOT NULL',
    'length(@) < 1000',
    '@ <> 3',
    "typeof(@) <> 'blob'",
    "@ IN (1, 'a', 2.5) OR @ IS NOT 7",
    "@ LIKE '%a%' OR 1",
  ),
  default: mostly(
    '',
    '5',
    "'abc'",
    'NULL',
    'CURRENT_TIMESTAMP',
    '(1 + 1)',
    "x'00ff'",
    '-1.5',
    'TRUE',
    '"abc"',
    "(datetime('now'))",
    '9223372036854775808',
  ),
  collation: mostly('', 'COLLATE NOCASE', 'COLLATE RTRIM'),
  isWild: fc.nat(39).map((roll) => roll === 39),
});

const indexes: fc.Arbitrary<IndexRecipe> = fc.record({
  columns: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
  unique: mostly(false, true, true, true),
  descending: fc.boolean(),
  where: mostly('', '@ IS NOT NULL', '@ > 5', "@ = 'abc'", "@ LIKE 'a%'", '@ IN (1, 2)'),
  expression: mostly('', 'lower(@)', '@ + 1', 'length(@)', "@ || 'x'", 'abs(@)', 'coalesce(@, 0)'),
});

const tables: fc.Arbitrary<TableRecipe> = fc.record({
  name: fc.constantFrom(...NAMES, 'players', 'Cards'),
  columns: fc.uniqueArray(columns, {
    minLength: 1,
    maxLength: 6,
    selector: (column) => folded(column.name),
  }),
  key: fc.constantFrom('none', 'rowid', 'autoincrement', 'one column', 'descending', 'two columns'),
  withoutRowid: mostly(false, true, true),
  strict: mostly(false, true),
  indexes: fc.array(indexes, { maxLength: 3 }),
  foreignKeys: fc.array(
    fc.record({
      column: fc.nat(5),
      parent: fc.nat(4),
      names: fc.boolean(),
      action: fc.constantFrom(
        '',
        'ON DELETE CASCADE',
        'ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED',
      ),
    }),
    { maxLength: 2 },
  ),
  added: fc.array(
    mostly(
      { type: 'TEXT', value: "'late \\ \n'" },
      { type: 'TEXT', value: "'12'" },
      { type: 'INTEGER', value: '7' },
      { type: 'INTEGER', value: "'12'" },
      { type: 'REAL', value: '1.5' },
      { type: 'BLOB', value: "x'0aff'" },
      { type: 'BOOLEAN', value: '1' },
      { type: '', value: 'NULL' },
      { type: 'INTEGER', value: "'no number'" },
    ),
    { maxLength: 2 },
  ),
  generated: fc.array(
    fc.record({
      column: fc.nat(5),
      expression: fc.constantFrom(
        "@ || '!'",
        '@ + 1',
        'length(@)',
        'upper(@)',
        '@ * 2.5',
        '@ * 1e-20',
        '@ IS NULL',
        'abs(@)',
        "coalesce(@, 'none')",
      ),
      kind: fc.constantFrom('VIRTUAL', 'STORED'),
    }),
    { maxLength: 1 },
  ),
  rows: fc.array(fc.array(values, { minLength: 6, maxLength: 6 }), { maxLength: 25 }),
  deletes: fc.nat(4),
});

export const recipes: fc.Arbitrary<Recipe> = fc.record({
  pageSize: fc.constantFrom(4096, 512, 1024, 65_536),
  encoding: mostly('UTF-8', 'UTF-16le', 'UTF-16be'),
  tables: fc.uniqueArray(tables, {
    minLength: 1,
    maxLength: 5,
    selector: (table) => folded(table.name),
  }),
});

/** SQLite takes names that differ in the case of ASCII letters for one. */
function folded(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * Makes the database of a recipe. What SQLite refuses, an index or a row, is left out.
 *
 * @returns the names of its tables
 */
export function makeDatabase(path: string, recipe: Recipe): string[] {
  const db = new Database(path);
  try {
    db.pragma(`page_size = ${recipe.pageSize}`);
    db.pragma(`encoding = '${recipe.encoding}'`);
    db.pragma('foreign_keys = OFF');
    db.pragma('synchronous = OFF');
    const made = recipe.tables.filter((table) => tries(db, createSql(table, recipe)));
    for (const table of made) fill(db, table);
    return made.map(({ name }) => name);
  } finally {
    db.close();
  }
}

function createSql(table: TableRecipe, { tables: all }: Recipe): string {
  const { key, strict } = table;
  const has = (wanted: TableRecipe['key']) => key === wanted;
  const lines = table.columns.map((column) => columnSql(column, strict));
  if (has('rowid')) lines.unshift('"the id" INTEGER PRIMARY KEY');
  if (has('autoincrement')) lines.unshift('"the id" INTEGER PRIMARY KEY AUTOINCREMENT');
  for (const { column, expression, kind } of table.generated) {
    const type = strict ? 'ANY' : '';
    lines.push(`"made of it" ${type} AS (${about(expression, table, column)}) ${kind}`);
  }
  if (has('one column')) lines.push(`PRIMARY KEY (${columnName(table, 0)})`);
  if (has('descending')) lines.push(`PRIMARY KEY (${columnName(table, 0)} DESC)`);
  if (has('two columns'))
    lines.push(`PRIMARY KEY (${columnName(table, 1)}, ${columnName(table, 0)})`);
  for (const { column, parent, names, action } of table.foreignKeys) {
    const to = all[parent % all.length] as TableRecipe;
    const columns = names
      ? ` (${to.key.endsWith('column') || to.key === 'none' ? columnName(to, 0) : '"the id"'})`
      : '';
    lines.push(
      `FOREIGN KEY (${columnName(table, column)}) REFERENCES ${quoted(to.name)}${columns} ${action}`,
    );
  }
  const hasKey = key !== 'none' && key !== 'autoincrement';
  const options = [strict ? 'STRICT' : '', table.withoutRowid && hasKey ? 'WITHOUT ROWID' : ''];
  return `CREATE TABLE ${quoted(table.name)} (\n  ${lines.join(',\n  ')}\n) ${options.filter(Boolean).join(', ')}`;
}

function columnSql(column: ColumnRecipe, strict: boolean): string {
  const { name, collation, notNull, unique, check } = column;
  return [
    quoted(name),
    strict ? strictType(column) : column.type,
    collation,
    notNull ? 'NOT NULL' : '',
    unique ? 'UNIQUE' : '',
    column.default === '' ? '' : `DEFAULT ${column.default}`,
    check === '' ? '' : `CHECK (${check.replaceAll('@', quoted(name))})`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function strictType({ type }: ColumnRecipe): string {
  return STRICT_TYPES[(TYPES as readonly string[]).indexOf(type) % STRICT_TYPES.length] ?? 'ANY';
}

function fill(db: Database.Database, table: TableRecipe): void {
  const half = Math.ceil(table.rows.length / 2);
  db.exec('BEGIN');
  for (const row of table.rows.slice(0, half)) insert(db, table, row);
  table.added.forEach(({ type, value }, i) => {
    tries(
      db,
      `ALTER TABLE ${quoted(table.name)} ADD COLUMN "late ${i}" ${table.strict ? 'ANY' : type} DEFAULT ${value}`,
    );
  });
  for (const row of table.rows.slice(half)) insert(db, table, row);
  if (table.deletes > 1)
    tries(db, `DELETE FROM ${quoted(table.name)} WHERE rowid % ${table.deletes} = 1`);
  table.indexes.forEach((index, i) => {
    tries(db, indexSql(table, index, i));
  });
  db.exec('COMMIT');
}

function insert(db: Database.Database, table: TableRecipe, row: Value[]): void {
  const columns = table.columns.map(({ name }) => quoted(name)).join(', ');
  const slots = table.columns.map((column, i) => slotOf(column, row[i] as Value, table.strict));
  const sql = `INSERT OR IGNORE INTO ${quoted(table.name)} (${columns}) VALUES (${slots.map((slot) => slot.sql).join(', ')})`;
  try {
    db.prepare(sql).run(...slots.map((slot) => slot.bind));
  } catch {
    // A value that SQLite does not take: STRICT, or an overflow in a generated column.
  }
}

interface Slot {
  sql: string;
  bind: bigint | number | string | Buffer | null;
}

function slotOf(column: ColumnRecipe, value: Value, strict: boolean): Slot {
  if (value.isNull) return { sql: '?', bind: null };
  const { wild } = value;
  const kind = column.isWild ? wild : homeOf(strict ? strictType(column) : column.type);
  switch (kind) {
    case 'NUL':
      return { sql: '?', bind: `a\0${value.text}` };
    case 'not UTF-8':
      return { sql: 'CAST(? AS TEXT)', bind: Buffer.from([0x61, 0xff, 0xd8, 0x00]) };
    case 'infinity':
      return { sql: '?', bind: -Infinity };
    case 'huge':
      return { sql: '?', bind: 'é\\'.repeat(60_000) };
    case 'blob':
      return { sql: '?', bind: Buffer.from(value.blob) };
    case 'boolean':
      return { sql: '?', bind: value.integer & 1n };
    default:
      return { sql: '?', bind: value[kind] };
  }
}

function homeOf(type: string): 'integer' | 'real' | 'text' | 'blob' | 'time' | 'boolean' {
  if (type === 'BOOLEAN') return 'boolean';
  if (type.startsWith('DATE')) return 'time';
  if (type.includes('INT')) return 'integer';
  if (/TEXT|CHAR/.test(type)) return 'text';
  if (type === 'BLOB') return 'blob';
  return /REAL|DOUB|FLOA/.test(type) ? 'real' : 'integer';
}

function indexSql(table: TableRecipe, index: IndexRecipe, number: number): string {
  const [first = 0] = index.columns;
  const columns = index.columns.map(
    (column, i) =>
      `${i === 0 && index.expression !== '' ? about(index.expression, table, column) : columnName(table, column)}${index.descending ? ' DESC' : ''}`,
  );
  const where = index.where === '' ? '' : ` WHERE ${about(index.where, table, first)}`;
  return `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${quoted(`i${number} of ${table.name}`)} ON ${quoted(table.name)} (${columns.join(', ')})${where}`;
}

function about(expression: string, table: TableRecipe, column: number): string {
  return expression.replaceAll('@', () => columnName(table, column));
}

function columnName({ columns }: TableRecipe, column: number): string {
  return quoted(columns[column % columns.length]?.name ?? '');
}

/** An identifier, for SQLite. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function tries(db: Database.Database, sql: string): boolean {
  try {
    db.exec(sql);
    return true;
  } catch {
    return false;
  }
}
