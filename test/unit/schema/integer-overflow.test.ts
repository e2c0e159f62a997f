import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emitted, reasonsOver } from './support.js';

const BIGINT_MAX = 2n ** 63n - 1n;

const REASON =
  'it may leave the range of bigint, where SQLite goes on with a fraction and Postgres refuses the row';

describe('arithmetic on integers', () => {
  const reasonFor = reasonsFor({
    a: 3_000_000_000n,
    b: -3_000_000_000n,
    i: BIGINT_MAX,
    none: null,
  });

  test.each([
    'a + b',
    'a * 1000000',
    'none * none',
    'i % 16 + 1',
    '(i >> 3) % 1000 + 1',
    'CASE WHEN a > 0 THEN a ELSE b END * 1000000',
    'iif(a > b, a, b) - a',
    'abs(a) * 1000000',
    'ifnull(a, b) * 1000000',
    'nullif(a, b) * 1000000',
    "length('x') * 1000000000",
    '(i > 5) * 1000000',
    'i & 255',
    '~i',
    'i / 2',
    '-a',
  ])('%s is translated: it stays a bigint', (sql) => {
    expect(reasonFor(sql)).toBe(null);
  });

  test.each([
    'a * b',
    'a * 10000000',
    'none * none * none * none',
    'i + 1',
    'i - a',
    'i / a',
    'i / -1',
    '-i',
    'abs(i)',
    '(a | b) + 1',
    'coalesce(a, i) + 1',
    'CASE WHEN a > 0 THEN i END * 2',
    '9223372036854775807 + 1',
  ])('%s is left out: it may not stay one', (sql) => {
    expect(reasonFor(sql)).toBe(REASON);
  });

  test('the values of a map count like those that were found', () => {
    const { plan } = emitted(
      'CREATE TABLE t(a INTEGER, g AS (a + 1), h AS (a % 5 + 1))',
      { 't.a': { counts: { integer: 1, text: 1 }, integerMax: 1n } },
      { 't.a': { onBadValue: { all: '9223372036854775807' } } },
    );
    expect(plan.untranslated.map(({ name, reason }) => [name, reason])).toEqual([['g', REASON]]);
  });

  test('a generated column hands its range on to what is built on it', () => {
    const { plan } = emitted(
      'CREATE TABLE t(a INTEGER, g AS (a * 1000000), h AS (g + 1), k AS (g * 10000000))',
      { 't.a': { counts: { integer: 1 }, integerMax: 5n } },
    );
    expect(plan.untranslated.map(({ name }) => name)).toEqual(['k']);
  });

  test('a stored column that is left out does not stop the run with what it holds', () => {
    const { plan } = emitted('CREATE TABLE t(a INTEGER, g INTEGER AS (a * a) STORED)', {
      't.a': { counts: { integer: 1 }, integerMax: BIGINT_MAX },
      't.g': { counts: { real: 1, 'overflowed integer': 1 } },
    });
    expect(plan.problems).toEqual([]);
    expect(plan.untranslated.map(({ name, reason }) => [name, reason])).toEqual([['g', REASON]]);
  });
});

/** An operator or a function over smaller ones of these, down to columns and literals. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const one = tie('expression');
  const leaf = fc.oneof(
    fc.constantFrom('a', 'b', 'c'),
    fc.bigInt({ min: 0n, max: 1n << 40n }).map(String),
  );
  const arithmetic = fc
    .tuple(one, fc.constantFrom('+', '-', '*', '/', '%', '&', '|'), one)
    .map(([left, operator, right]) => `(${left} ${operator} ${right})`);
  const others = fc.oneof(
    one.map((of) => `(- ${of})`),
    one.map((of) => `(~ ${of})`),
    one.map((of) => `abs(${of})`),
    one.map((of) => `(${of} >> 5)`),
    one.map((of) => `(${of} << 40)`),
    fc.tuple(one, one).map(([x, y]) => `ifnull(${x}, ${y})`),
    fc.tuple(one, one).map(([x, y]) => `nullif(${x}, ${y})`),
    fc.tuple(one, one).map(([x, y]) => `(CASE WHEN ${x} > 0 THEN ${y} ELSE ${x} END)`),
  );
  return { expression: fc.oneof({ maxDepth: 5 }, leaf, arithmetic, arithmetic, others) };
});

test('what is translated is no fraction in SQLite for values a thousand times as large', () => {
  const db = new Database(':memory:');
  const largest = fc.bigInt({ min: 0n, max: BIGINT_MAX });
  let translated = 0;
  fc.assert(
    fc.property(expression, largest, largest, largest, (sql, a, b, c) => {
      if (reasonsFor({ a, b, c })(sql) !== null) return;
      translated++;
      const [as, bs, cs] = [a, b, c].map((value) => {
        const grown = value * 1_000n > BIGINT_MAX ? BIGINT_MAX : value * 1_000n;
        return [0n, 1n, -1n, value, grown, -grown - (grown === BIGINT_MAX ? 1n : 0n)]
          .map((each) => `(CAST('${each}' AS INTEGER))`)
          .join(', ');
      });
      const found = db
        .prepare<[], string>(
          `WITH x(a) AS (VALUES ${as}), y(b) AS (VALUES ${bs}), z(c) AS (VALUES ${cs})
           SELECT DISTINCT typeof(${sql}) FROM x, y, z`,
        )
        .pluck()
        .all();
      expect(found).not.toContain('real');
    }),
    { numRuns: 500, seed: 20 },
  );
  db.close();
  expect(translated).toBeGreaterThan(50);
});

/** Why an expression over such columns is left out, or null. By the largest integer in each. */
function reasonsFor(largest: Record<string, bigint | null>): (sql: string) => string | null {
  const facts = Object.entries(largest).flatMap(([name, value]) =>
    value === null ? [] : [[`t.${name}`, { counts: { integer: 1 }, integerMax: value }] as const],
  );
  const columns = Object.keys(largest).map((name) => `${name} INTEGER`);
  return reasonsOver(columns, Object.fromEntries(facts));
}
