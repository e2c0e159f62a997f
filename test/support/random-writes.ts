import type Database from 'better-sqlite3';
import fc from 'fast-check';
import type pg from 'pg';

/** One write, in small numbers that choose among the tables, rows and columns that there are. */
export interface RandomWrite {
  kind: 'mix' | 'update' | 'update key' | 'delete' | 'delete all';
  table: number;
  /** Of two rows; a new one takes its values from both. */
  one: number;
  other: number;
  /** Bit by bit: whose value a column takes, or whether it is changed. */
  columns: number;
  /** Added to a key that is a number. */
  by: number;
}

/** Writes that are committed, or rolled back, together. */
export interface RandomTransaction {
  writes: RandomWrite[];
  isRolledBack: boolean;
}

const write: fc.Arbitrary<RandomWrite> = fc.record({
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('mix' as const) },
    { weight: 6, arbitrary: fc.constant('update' as const) },
    { weight: 3, arbitrary: fc.constant('update key' as const) },
    { weight: 4, arbitrary: fc.constant('delete' as const) },
    { weight: 1, arbitrary: fc.constant('delete all' as const) },
  ),
  table: fc.nat(100),
  one: fc.nat(100),
  other: fc.nat(100),
  columns: fc.nat(2 ** 10),
  by: fc.integer({ min: -3, max: 1_000 }),
});

export const transactions: fc.Arbitrary<RandomTransaction[]> = fc.array(
  fc.record({
    writes: fc.array(write, { minLength: 1, maxLength: 6 }),
    isRolledBack: fc.nat(3).map((n) => n === 3),
  }),
  { maxLength: 6 },
);

/** A table by its names on one side. */
export interface WrittenTable {
  /** Quoted. */
  name: string;
  /** Quoted; none of them is generated. */
  columns: string[];
  /** Places among the columns. */
  key: number[];
}

/**
 * Runs it in SQLite, with the conflict clauses that only SQLite has. What the database refuses is
 * left out.
 */
export function writeToSqlite(
  db: Database.Database,
  tables: readonly WrittenTable[],
  { writes, isRolledBack }: RandomTransaction,
): void {
  db.exec('BEGIN IMMEDIATE');
  for (const each of writes) {
    const table = tables[each.table % tables.length] as WrittenTable;
    const or = ['', 'OR REPLACE', 'OR IGNORE'][each.columns % 3] ?? '';
    for (const sql of statements(each, table, or, SQLITE)) {
      try {
        db.exec(sql);
      } catch {
        // A constraint, a column that takes no such value.
      }
    }
  }
  db.exec(isRolledBack ? 'ROLLBACK' : 'COMMIT');
}

export async function writeToPostgres(
  client: pg.Client,
  tables: readonly WrittenTable[],
  { writes, isRolledBack }: RandomTransaction,
): Promise<void> {
  await client.query('BEGIN');
  for (const each of writes) {
    const table = tables[each.table % tables.length] as WrittenTable;
    for (const sql of statements(each, table, '', POSTGRES)) {
      await client.query('SAVEPOINT one_write');
      await client.query(sql).catch(() => client.query('ROLLBACK TO one_write'));
    }
  }
  await client.query(isRolledBack ? 'ROLLBACK' : 'COMMIT');
}

interface Dialect {
  same: string;
  number: (value: string) => string;
}

const SQLITE: Dialect = {
  same: 'IS',
  number: (value) => `CASE typeof(${value}) WHEN 'integer' THEN ${value} END`,
};
const POSTGRES: Dialect = {
  same: 'IS NOT DISTINCT FROM',
  number: (value) => `${value}`,
};

function statements(
  { kind, one, other, columns: bits, by }: RandomWrite,
  { name, columns, key }: WrittenTable,
  or: string,
  { same, number }: Dialect,
): string[] {
  const keys = key.map((place) => columns[place] as string);
  const order = keys.join(', ');
  const row = (place: number) =>
    `(SELECT * FROM ${name} ORDER BY ${order} LIMIT 1 OFFSET ${place} % (SELECT greatest_count FROM (SELECT count(*) + 1 AS greatest_count FROM ${name}) AS counted))`;
  const isRow = (place: number) => {
    const match = keys.map((column) => `target.${column} ${same} chosen.${column}`).join(' AND ');
    return `EXISTS (SELECT 1 FROM ${row(place)} AS chosen WHERE ${match})`;
  };
  const has = (place: number) => ((bits >> (place % 10)) & 1) === 1;
  switch (kind) {
    case 'mix': {
      const values = columns.map((column, i) => `${has(i) ? 'a' : 'b'}.${column}`);
      return [
        `INSERT ${or} INTO ${name} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM ${row(one)} AS a, ${row(other)} AS b`,
      ];
    }
    case 'update': {
      const changed = columns.filter((_, i) => has(i));
      const sets = changed.map(
        (column) => `${column} = (SELECT from_other.${column} FROM ${row(other)} AS from_other)`,
      );
      if (sets.length === 0) return [];
      return [`UPDATE ${or} ${name} AS target SET ${sets.join(', ')} WHERE ${isRow(one)}`];
    }
    case 'update key': {
      const [first = ''] = keys;
      return [
        `UPDATE ${or} ${name} AS target SET ${first} = ${number(`target.${first}`)} + (${by}) WHERE ${isRow(one)}`,
      ];
    }
    case 'delete':
      return [`DELETE FROM ${name} AS target WHERE ${isRow(one)}`];
    case 'delete all':
      return [`DELETE FROM ${name}`];
  }
}
