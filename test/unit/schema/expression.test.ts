import { describe, expect, test } from 'vitest';
import { expressionContext } from '../../../src/schema/expression/context.js';
import { translateCondition, translateExpression } from '../../../src/schema/expression.js';
import { emitted } from './support.js';

const { plan } = emitted(
  `CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER NOT NULL, r REAL, s TEXT, n TEXT COLLATE NOCASE,
    w TEXT COLLATE RTRIM, f BOOLEAN, x BLOB, d DATETIME, m INTEGER, k INTEGER)`,
  {
    't.d': { counts: { text: 1 }, shapes: { 'YYYY-MM-DD HH:MM:SS': 1 } },
    't.m': { counts: { integer: 1, real: 1 } },
  },
  { 't.k': { type: 'text' } },
);
const [table] = plan.tables;
if (table === undefined) throw new Error('no table');
const context = expressionContext(table);
const FOLD = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'";

describe('is translated', () => {
  test.each([
    ['a == 5', '"a" = 5'],
    ['a != b', '"a" <> "b"'],
    ['a IS b', '"a" IS NOT DISTINCT FROM "b"'],
    ['a IS NOT b', '"a" IS DISTINCT FROM "b"'],
    ['a IS DISTINCT FROM b', '"a" IS DISTINCT FROM "b"'],
    ['a IS NULL', '"a" IS NULL'],
    ['a NOTNULL', '"a" IS NOT NULL'],
    ['a NOT NULL', '"a" IS NOT NULL'],
    ['a', '"a" <> 0'],
    ['NOT a', 'NOT ("a" <> 0)'],
    ['a OR f AND b', '("a" <> 0) OR ("f" AND ("b" <> 0))'],
    ['a IN (1, 2, NULL)', '"a" IN (1, 2, NULL)'],
    ['a NOT IN ()', 'true'],
    ['a BETWEEN 1 AND 5', '"a" >= 1 AND "a" <= 5'],
    ['a NOT BETWEEN -1 AND 2', 'NOT ("a" >= (-1) AND "a" <= 2)'],
    ["a = '5'", '"a" = 5'],
    ['s = 5', `"s" = '5'`],
    ['a = 0x10', '"a" = 16'],
    ['a = 60 * 60 * 24 * 1000 * 100', '"a" = 8640000000'],
    ['a > -9223372036854775808', '"a" > (-9223372036854775808)'],
    ['r > 0.5', '"r" > 0.5'],
    ['f', '"f"'],
    ['f = 1', '"f" = true'],
    ['f IN (0, 1)', '"f" IN (false, true)'],
    ['f <> 0', '"f" <> false'],
    ['f IS TRUE', '"f" IS TRUE'],
    ['f = a', '"f"::integer = "a"'],
    ['ifnull(f, 0)', 'coalesce("f", false)'],
    ['s = "abc"', `"s" = 'abc'`],
    ["s || a = 'x'", `("s" || ("a"::text COLLATE "C")) = 'x'`],
    ['length(s) <= 10', 'length("s") <= 10'],
    ['length(s) * 3 > 1', '(length("s")::bigint * 3) > 1'],
    ["lower(s) = 'x'", `lower("s") = 'x'`],
    ["upper('ä') = s", `upper('ä' COLLATE "C") = "s"`],
    ['a / b', '("a" / nullif("b", 0)) <> 0'],
    ['a % 2 = 0', '("a" % 2) = 0'],
    ["substr(s, 1, 2) = 'ab'", `substr("s", 1, 2) = 'ab'`],
    ["nullif(s, '') IS NULL", `(CASE WHEN "s" = '' THEN NULL ELSE "s" END) IS NULL`],
    ["hex(x) = ''", `coalesce(upper(encode("x", 'hex')), '') = ''`],
    ["x = X'00fF'", `"x" = '\\x00ff'::bytea`],
    ['rowid > 1', '"id" > 1'],
    ["CASE a WHEN 1 THEN 'x' ELSE s END = 'x'", `(CASE WHEN "a" = 1 THEN 'x' ELSE "s" END) = 'x'`],
    [`typeof(b) = 'integer'`, `'integer'::text = 'integer'`],
    [`typeof(a) = 'integer'`, `(CASE WHEN "a" IS NULL THEN 'null' ELSE 'integer' END) = 'integer'`],
    ["n = 'ABC'", `translate("n", ${FOLD}) = 'abc'`],
    ["n IN ('A', 'b')", `translate("n", ${FOLD}) IN ('a', 'b')`],
    ['n = s', `translate("n", ${FOLD}) = translate("s", ${FOLD})`],
    ['s = n', '"s" = "n"'],
    ["s = 'A' COLLATE NOCASE", `translate("s", ${FOLD}) = 'a'`],
    ["w = 'a '", `rtrim("w", ' ') = 'a'`],
    ["s LIKE 'a\\%'", `"s" COLLATE "C" ILIKE 'a\\%' ESCAPE ''`],
    ["s NOT LIKE 'a!%' ESCAPE '!'", `"s" COLLATE "C" NOT ILIKE 'a!%' ESCAPE '!'`],
    ["s GLOB 'a*_?'", `"s" COLLATE "C" LIKE 'a%\\__'`],
    ["s GLOB '[0-9]*.[^a-z_]'", `"s" COLLATE "C" ~ '^[0-9].*\\.[^a-z_]$'`],
    ["s NOT GLOB '*[^0-9]*'", `"s" COLLATE "C" !~ '^.*[^0-9].*$'`],
    ["d > '2024-01-01 00:00:00'", `"d" > '2024-01-01 00:00:00'::timestamp`],
    ['k IS NULL', '"k" IS NULL'],
  ])('%s', (sql, expected) => {
    expect(translateCondition(sql, context)).toMatchObject({ sql: expected });
  });
});

describe('has no certain translation, and says why', () => {
  test.each([
    ["a = 'x'", 'bigint and text are compared by their kind in SQLite'],
    ['s > 1.5', 'a text is compared with a fraction'],
    ['f = 2', '"f" is a boolean in the target, and 2 is not'],
    ['s', '"s" is no number and no condition'],
    ['r < a', 'Postgres rounds large integers to compare them with fractions'],
    [
      'r = 0.30000000000000004',
      '0.30000000000000004 is a binary fraction, which Postgres would take for a decimal one',
    ],
    ["r || 'x' = s", 'SQLite writes a double precision in its own way'],
    ['s + 1 = 2', 'SQLite turns "s" into a number first'],
    ['max(a, b) > 1', 'max() has no certain translation'],
    ['CAST(s AS INTEGER) = 5', 'CAST of text AS INTEGER has rules of its own in SQLite'],
    ['substr(s, -1) = s', 'substr() from the end or by a computed length'],
    ["s GLOB '[[]*'", 'the set [[] in a GLOB'],
    ["s LIKE 'a!' ESCAPE '!'", 'a pattern that ends in its escape character'],
    ["s = 'x' COLLATE fa", "the collation FA is the application's own"],
    ["d > '2024-01-01'", 'timestamp and text are compared by their kind in SQLite'],
    ["d > '2024'", "SQLite turns '2024' into a number here"],
    ["typeof(m) = 'real'", 'the kind of "m" is not the same for all values'],
    ['m / 2 = 1', 'm holds integers and fractions, with which SQLite reckons differently'],
    ['k > 5', 'k is text in the target, of another kind than in SQLite'],
    ['a = (SELECT 1)', 'SELECT is not translated'],
    ['a < CURRENT_TIMESTAMP', 'CURRENT_TIMESTAMP changes with time'],
    ['nope = 1', 'no column nope'],
    ['a << b', 'SQLite shifts by negative and large counts in its own way'],
    ["a || s COLLATE NOCASE = 'X'", 'COLLATE inside an expression'],
    ['json_valid(s)', 'json_valid() has no certain translation'],
  ])('%s', (sql, reason) => {
    expect(translateCondition(sql, context)).toEqual({ reason });
  });
});

test('operators bind as in SQLite, not as in Postgres', () => {
  expect(translateExpression('NOT a = b IS NULL', context)).toMatchObject({
    sql: 'NOT (("a" = "b") IS NULL)',
  });
  expect(translateExpression("- a || s = 'X'", context)).toMatchObject({
    sql: `(((-"a")::text COLLATE "C") || "s") = 'X'`,
  });
  expect(translateExpression('a & 1 = 0', context)).toMatchObject({ sql: '("a" & 1) = 0' });
});
