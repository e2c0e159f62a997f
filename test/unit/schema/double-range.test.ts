import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emitted, reasonsOver } from './support.js';

const REASON =
  'it may leave the range of a double, where SQLite goes on with Infinity or 0 and Postgres refuses the row';

/** The ends of what a column holds: the largest number, and the one nearest to zero. */
type Ends = readonly [largest: number, nearest: number];

describe('arithmetic on doubles', () => {
  const reasonFor = reasonsFor({
    price: [99.5, 0.01],
    rate: [1, 0.5],
    huge: [1.5e308, 1],
    tiny: [1, 5e-324],
    endless: [Number.POSITIVE_INFINITY, 1],
  });

  test.each([
    'price * 2.5',
    'price * rate',
    'price / rate + 1',
    'price / 100.0',
    'price - rate',
    '-price * 2',
    'abs(price) * rate',
    'coalesce(price, rate) * 2.5',
    'CASE WHEN price > 1 THEN rate ELSE price END / 3',
    'price * (CAST(3 AS REAL) + 0.5)',
    'tiny + 1',
    'abs(huge)',
    '-huge',
    'endless',
  ])('%s is translated: it stays a double', (sql) => {
    expect(reasonFor(sql)).toBe(null);
  });

  test.each([
    'huge * 2.5',
    'huge + huge',
    '-huge - huge',
    'tiny * 0.5',
    'tiny / 2',
    'price / tiny',
    'endless - endless',
    'endless * 0',
    'abs(huge) * 2.5',
    'nullif(huge, 1.5) * 2.5',
    'iif(price > 1, huge, rate) * 2.5',
    'price * price * price * price',
    'price * 1e300',
  ])('%s is left out: it may not stay one', (sql) => {
    expect(reasonFor(sql)).toBe(REASON);
  });

  test('the values of a map count like those that were found', () => {
    const { plan } = emitted(
      'CREATE TABLE t(a REAL, g REAL AS (a * 2.5), h REAL AS (a / 2), k REAL AS (a + 1))',
      { 't.a': { counts: { real: 1, text: 1 }, realMin: 0.5, realMax: 0.5, realNearest: 0.5 } },
      { 't.a': { onBadValue: { all: '1e308', none: '5e-324', never: null } } },
    );
    expect(plan.untranslated.map(({ name, reason }) => [name, reason])).toEqual([
      ['g', REASON],
      ['h', REASON],
      ['k', REASON],
    ]);
  });

  test('a generated column hands its range on to what is built on it', () => {
    const { plan } = emitted(
      'CREATE TABLE t(a REAL, g REAL AS (a * 1e150), h REAL AS (g * 2.5), k REAL AS (g * 1e100))',
      { 't.a': { counts: { real: 1 }, realMin: 0.5, realMax: 0.5, realNearest: 0.5 } },
    );
    expect(plan.untranslated.map(({ name, reason }) => [name, reason])).toEqual([['k', REASON]]);
  });
});

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const one = tie('expression');
  const leaf = fc.oneof(
    fc.constantFrom('a', 'b'),
    fc.constantFrom('0', '7', '2.5', '0.001', '1e20', '1e-20'),
  );
  const arithmetic = fc
    .tuple(one, fc.constantFrom('+', '-', '*', '/'), one)
    .map(([left, operator, right]) => `(${left} ${operator} ${right})`);
  const others = fc.oneof(
    one.map((of) => `(- ${of})`),
    fc.tuple(one, one).map(([x, y]) => `ifnull(${x}, ${y})`),
  );
  return { expression: fc.oneof({ maxDepth: 4 }, leaf, arithmetic, arithmetic, others) };
});

test('what is translated is finite in SQLite for values a thousand times as far and as near', () => {
  const db = new Database(':memory:');
  const ends = fc
    .tuple(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ noNaN: true, min: 5e-324, max: 1 }),
    )
    .map(([far, near]): Ends => [Math.max(Math.abs(far), near), near]);
  let translated = 0;
  fc.assert(
    fc.property(expression, ends, ends, (sql, a, b) => {
      if (reasonsFor({ a, b })(sql) !== null) return;
      translated++;
      const [as, bs] = [a, b].map(([far, near]) =>
        [0, 1, far, -far, near, far * 1_000, near / 1_000]
          .map((value) => `(${Number.isFinite(value) ? value : far}e0)`.replace(/(e.*)e0/, '$1'))
          .join(', '),
      );
      const found = db
        .prepare<[], number | null>(
          `WITH x(a) AS (VALUES ${as}), y(b) AS (VALUES ${bs}) SELECT DISTINCT ${sql} FROM x, y`,
        )
        .pluck()
        .all();
      // A division by zero is NULL on both sides.
      expect(found.filter((value) => value !== null && !Number.isFinite(value))).toEqual([]);
    }),
    { numRuns: 500, seed: 28 },
  );
  db.close();
  expect(translated).toBeGreaterThan(50);
});

/** Why an expression over such columns is left out, or null. */
function reasonsFor(ends: Record<string, Ends>): (sql: string) => string | null {
  const facts = Object.entries(ends).map(([name, [largest, nearest]]) => {
    const census = { counts: { real: 1 }, realMin: -largest, realMax: largest };
    return [`t.${name}`, { ...census, realNearest: nearest }] as const;
  });
  const columns = Object.keys(ends).map((name) => `${name} REAL`);
  return reasonsOver(columns, Object.fromEntries(facts));
}
