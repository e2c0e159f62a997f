import { describe, expect, test } from 'vitest';
import { translateDefault } from '../../../src/schema/emit/default.js';
import type { ColumnPlan } from '../../../src/schema/model.js';
import { planOf } from './support.js';

function defaultOf(declaration: string, type: ColumnPlan['type'], more?: Partial<ColumnPlan>) {
  const plan = planOf(declaration, type, more);
  return translateDefault(plan.source.defaultSql ?? '', plan);
}

describe('a default is the value that SQLite would store', () => {
  test.each([
    ['x INTEGER DEFAULT 10', 'bigint', '10'],
    ['x INTEGER DEFAULT -5', 'bigint', '-5'],
    ['x INTEGER DEFAULT (1 + 2 * 3)', 'bigint', '7'],
    ["x INTEGER DEFAULT '5'", 'bigint', '5'],
    ['x INTEGER DEFAULT 1.0', 'bigint', '1'],
    ['x INTEGER DEFAULT 0x10', 'bigint', '16'],
    ['x INTEGER DEFAULT TRUE', 'bigint', '1'],
    ['x INTEGER DEFAULT -9223372036854775808', 'bigint', '-9223372036854775808'],
    ['x INTEGER DEFAULT NULL', 'bigint', 'NULL'],
    ['x REAL DEFAULT 1', 'double precision', '1'],
    ['x REAL DEFAULT 9e999', 'double precision', "'Infinity'::double precision"],
    ['x TEXT DEFAULT "abc"', 'text', "'abc'"],
    ['x TEXT DEFAULT abc', 'text', "'abc'"],
    ["x TEXT DEFAULT 'it''s'", 'text', "'it''s'"],
    ['x TEXT DEFAULT 5', 'text', "'5'"],
    ['x TEXT DEFAULT 1.50', 'text', "'1.5'"],
    ['x TEXT DEFAULT 2.0', 'text', "'2.0'"],
    ["x TEXT DEFAULT ('a' || 'b')", 'text', "'ab'"],
    ['x BOOLEAN DEFAULT 0', 'boolean', 'false'],
    ['x BOOLEAN DEFAULT TRUE', 'boolean', 'true'],
    ["x BOOLEAN DEFAULT '1'", 'boolean', 'true'],
    ["x BLOB DEFAULT X'00FF'", 'bytea', "'\\x00ff'::bytea"],
    ["x DATE DEFAULT '2024-02-29'", 'date', "'2024-02-29'::date"],
    ["x TEXT DEFAULT '{}'", 'json', "'{}'::json"],
  ] as const)('%s as %s is %s', (declaration, type, sql) => {
    expect(defaultOf(declaration, type)).toEqual({ sql });
  });

  test('a value map of the config is applied to it', () => {
    const rule = { onBadValue: { yes: 'true' } };
    expect(defaultOf("x BOOLEAN DEFAULT 'yes'", 'boolean', { rule })).toEqual({ sql: 'true' });
  });
});

describe('the present time is UTC, as SQLite writes it', () => {
  const utc = "statement_timestamp() AT TIME ZONE 'UTC'";
  const epoch = 'floor(extract(epoch FROM statement_timestamp()))::bigint';
  test.each([
    ['x TEXT DEFAULT CURRENT_TIMESTAMP', 'text', `to_char(${utc}, 'YYYY-MM-DD HH24:MI:SS')`],
    ["x TEXT DEFAULT (datetime('now'))", 'text', `to_char(${utc}, 'YYYY-MM-DD HH24:MI:SS')`],
    ["x TEXT DEFAULT (date('now'))", 'text', `to_char(${utc}, 'YYYY-MM-DD')`],
    ["x TEXT DEFAULT (time('now'))", 'text', `to_char(${utc}, 'HH24:MI:SS')`],
    [
      "x TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
      'text',
      `to_char(${utc}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    ],
    ["x INTEGER DEFAULT (strftime('%s', 'now'))", 'bigint', epoch],
    ["x INTEGER DEFAULT (CAST(strftime('%s', 'now') AS INTEGER))", 'bigint', epoch],
    ['x INTEGER DEFAULT (unixepoch())', 'bigint', epoch],
    ["x TEXT DEFAULT (strftime('%s', 'now'))", 'text', `${epoch}::text`],
    ['x DATE DEFAULT CURRENT_DATE', 'date', `(${utc})::date`],
  ] as const)('%s as %s', (declaration, type, sql) => {
    expect(defaultOf(declaration, type)).toEqual({ sql });
  });

  test('a timestamp without fraction is cut to the second', () => {
    const more = { textForm: 'YYYY-MM-DD HH:MM:SS' } as const;
    expect(defaultOf('x DATETIME DEFAULT CURRENT_TIMESTAMP', 'timestamp', more)).toEqual({
      sql: `date_trunc('second', ${utc})`,
    });
  });
});

describe('what is not certain has a reason', () => {
  test.each([
    ["x INTEGER DEFAULT 'abc'", 'bigint', 'the default is text, which bigint cannot hold'],
    ['x BOOLEAN DEFAULT 2', 'boolean', 'the default is integer, which boolean cannot hold'],
    [
      "x TEXT DEFAULT (datetime('now', 'localtime'))",
      'text',
      'the present time, changed by localtime',
    ],
    [
      'x INTEGER DEFAULT CURRENT_TIMESTAMP',
      'bigint',
      'the present time as %Y-%m-%d %H:%M:%S is no bigint',
    ],
    [
      'x TEXT DEFAULT (lower(hex(randomblob(4))))',
      'text',
      'randomblob() has no certain translation',
    ],
    ['x TEXT DEFAULT 0.1234567890123456', 'text', 'SQLite rounds 0.1234567890123456 as text'],
    ["x TEXT DEFAULT '2024-1-1'", 'date', 'the default is text, which date cannot hold'],
  ] as const)('%s as %s', (declaration, type, reason) => {
    expect(defaultOf(declaration, type)).toEqual({ reason });
  });
});
