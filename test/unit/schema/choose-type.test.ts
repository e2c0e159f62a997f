import { describe, expect, test } from 'vitest';
import { chooseType } from '../../../src/schema/choose-type.js';
import type { ColumnRule, TargetType, ValueKind } from '../../../src/schema/model.js';
import { type CensusFacts, censusOf, columnOf } from './support.js';

function choose(
  declaration: string,
  facts: CensusFacts,
  rule: ColumnRule | null = null,
  refusesNull = false,
) {
  const context = { table: 't', refusesNull };
  return chooseType(columnOf(declaration), censusOf(facts), rule, context);
}

describe('a type that holds every value is chosen without a question', () => {
  const cases: [string, CensusFacts, TargetType][] = [
    ['x INTEGER', { counts: { integer: 5 } }, 'bigint'],
    ['x INT', { counts: { integer: 5, 'unsafe integer': 1 } }, 'bigint'],
    ['x INTEGER', { counts: { integer: 5, real: 2 } }, 'double precision'],
    ['x BOOLEAN', { counts: { integer: 5, null: 1 } }, 'boolean'],
    ['x BOOL', {}, 'boolean'],
    ['x REAL', { counts: { integer: 3, real: 2, infinity: 1 } }, 'double precision'],
    ['x REAL', { counts: { real: 2, 'overflowed integer': 2 } }, 'double precision'],
    ['x VARCHAR(3)', { counts: { text: 9 }, textBytesMax: 50 }, 'text'],
    ['x BLOB', { counts: { blob: 2 } }, 'bytea'],
    ['x BLOB', { counts: { text: 2 } }, 'text'],
    ['x', { counts: { text: 2 } }, 'text'],
    ['x', { counts: { integer: 2 } }, 'bigint'],
    ['x', { counts: { integer: 2, real: 1 } }, 'double precision'],
    ['x', { counts: { integer: 2, real: 1, 'unsafe integer': 1 } }, 'numeric'],
    ['x DECIMAL(10, 2)', { counts: { integer: 2, real: 1 } }, 'double precision'],
    ['x NUMERIC', { counts: { integer: 2 } }, 'bigint'],
    ['x STRING', { counts: { text: 2 } }, 'text'],
    ['x DATETIME', { counts: { integer: 2 } }, 'bigint'],
    ['x DATETIME', { counts: { text: 2 }, shapes: { 'YYYY-MM-DD HH:MM:SS': 2 } }, 'timestamp'],
    [
      'x TIMESTAMP',
      {
        counts: { text: 2 },
        shapes: { 'YYYY-MM-DDTHH:MM:SS': 1, 'YYYY-MM-DDTHH:MM:SS.ffffff': 1 },
      },
      'timestamp',
    ],
    ['x DATE', { counts: { text: 2 }, shapes: { 'YYYY-MM-DD': 2 } }, 'date'],
    ['x DATE', { counts: { text: 2 }, shapes: { 'YYYY-MM-DD': 1, empty: 1 } }, 'text'],
    ['x DATETIME', { counts: { text: 2 }, shapes: { 'with zone': 2 } }, 'text'],
    [
      'x DATETIME',
      { counts: { text: 2 }, shapes: { 'YYYY-MM-DD HH:MM:SS': 1, 'YYYY-MM-DD HH:MM:SS.fff': 1 } },
      'text',
    ],
    ['x TEXT', { counts: { text: 2 }, shapes: { 'YYYY-MM-DD': 2 } }, 'text'],
    ['x INTEGER', {}, 'bigint'],
    ['x TEXT', { counts: { null: 3 } }, 'text'],
    ['x', {}, 'bytea'],
    ['x DATETIME', {}, 'text'],
    ['x DECIMAL', {}, 'numeric'],
  ];
  test.each(cases)('%s with %j is %s', (declaration, facts, type) => {
    expect(choose(declaration, facts)).toMatchObject({ type, problems: [] });
  });
});

describe('values that no type was chosen for stop the run', () => {
  const cases: [string, CensusFacts, [ValueKind, number][]][] = [
    ['x INTEGER', { counts: { integer: 5, text: 2 } }, [['text', 2]]],
    [
      'x INTEGER',
      { counts: { integer: 5, text: 2, blob: 1 } },
      [
        ['text', 2],
        ['blob', 1],
      ],
    ],
    [
      'x INTEGER',
      { counts: { integer: 5, real: 1, 'overflowed integer': 1 } },
      [['overflowed integer', 1]],
    ],
    [
      'x INTEGER',
      { counts: { integer: 5, real: 1, 'unsafe integer': 2 } },
      [['unsafe integer', 2]],
    ],
    [
      'x BOOLEAN',
      { counts: { integer: 5, 'not 0 or 1': 1, text: 3 } },
      [
        ['not 0 or 1', 1],
        ['text', 3],
      ],
    ],
    ['x REAL', { counts: { real: 5, text: 1 } }, [['text', 1]]],
    ['x TEXT', { counts: { text: 5, blob: 1 } }, [['blob', 1]]],
    [
      'x TEXT',
      { counts: { text: 5, 'NUL in text': 2, 'not UTF-8': 1 } },
      [
        ['NUL in text', 2],
        ['not UTF-8', 1],
      ],
    ],
    ['x', { counts: { text: 5, integer: 1 } }, [['integer', 1]]],
    ['x BLOB', { counts: { blob: 5, text: 1 } }, [['text', 1]]],
    ['x NUMERIC', { counts: { integer: 5, text: 1 } }, [['text', 1]]],
    ['x DATETIME', { counts: { text: 5, integer: 1 } }, [['integer', 1]]],
  ];
  test.each(cases)('%s with %j', (declaration, facts, expected) => {
    const { problems } = choose(declaration, facts);
    expect(problems.map(({ kind, count }) => [kind, count])).toEqual(expected);
  });

  test('a problem says what, how many, where, and what can be done', () => {
    expect(choose('x INTEGER', { counts: { integer: 5, text: 2 } }).problems).toEqual([
      {
        table: 't',
        column: 'x',
        kind: 'text',
        count: 2,
        message: 't.x (INTEGER) as bigint cannot hold 2 texts',
        choices: [
          '"types": { "t.x": "text" }: keeps every value, all of them as text',
          '"onBadValue": { "t.x": { "n/a": null } }: says what each such value means',
          '--on-bad-row reject: leaves those rows out and lists them in the reject file',
        ],
        seenAt: [{ unit: 3, row: 4 }],
      },
    ]);
  });

  test('a NUL can be left out or kept as bytes', () => {
    const [problem] = choose('x TEXT', { counts: { text: 1, 'NUL in text': 1 } }).problems;
    expect(problem?.choices).toEqual([
      '"onBadValue": { "t.x": "strip-nul" }: leaves the NUL characters out',
      '"types": { "t.x": "bytea" }: keeps every byte, as bytes',
      '--on-bad-row reject: leaves those rows out and lists them in the reject file',
    ]);
  });
});

describe('a rule of the config', () => {
  test.each([
    ['x INTEGER', { counts: { integer: 5, text: 2 } }, { type: 'text' }],
    ['x INTEGER', { counts: { integer: 5, text: 2 } }, { onBadValue: 'reject' }],
    ['x INTEGER', { counts: { integer: 5, text: 2 } }, { onBadValue: 'null' }],
    ['x BOOLEAN', { counts: { integer: 5, text: 2 } }, { onBadValue: { yes: 'true' } }],
    ['x TEXT', { counts: { text: 5, 'NUL in text': 2 } }, { onBadValue: 'strip-nul' }],
    ['x TEXT', { counts: { text: 5, 'NUL in text': 2, blob: 1 } }, { type: 'bytea' }],
    ['x REAL', { counts: { real: 5, integer: 1 } }, { type: 'numeric' }],
    ['x TEXT', { counts: { text: 5 }, textBytesMax: 36 }, { type: 'uuid' }],
    ['x TEXT', { counts: { text: 5 }, shapes: { 'YYYY-MM-DD': 5 } }, { type: 'date' }],
  ] as [string, CensusFacts, ColumnRule][])(
    'resolves %s with %j by %j',
    (declaration, facts, rule) => {
      expect(choose(declaration, facts, rule).problems).toEqual([]);
    },
  );

  test.each([
    [
      'x INTEGER',
      { counts: { integer: 5, 'unsafe integer': 1 } },
      { type: 'double precision' },
      'unsafe integer',
    ],
    ['x TEXT', { counts: { text: 5 }, textBytesMax: 37 }, { type: 'uuid' }, 'text'],
    [
      'x TEXT',
      { counts: { text: 5 }, shapes: { 'YYYY-MM-DD': 4, empty: 1 } },
      { type: 'date' },
      'text',
    ],
    ['x TEXT', { counts: { text: 5 }, shapes: { other: 4, empty: 1 } }, { type: 'json' }, 'text'],
    [
      'x TEXT',
      { counts: { text: 5, blob: 1, 'NUL in text': 1 } },
      { onBadValue: 'strip-nul' },
      'blob',
    ],
    ['x INTEGER', { counts: { integer: 5 } }, { type: 'timestamp' }, 'integer'],
  ] as [string, CensusFacts, ColumnRule, ValueKind][])(
    'does not hold %s with %j by %j',
    (declaration, facts, rule, kind) => {
      const { problems } = choose(declaration, facts, rule);
      expect(problems.map((problem) => problem.kind)).toEqual([kind]);
    },
  );

  test('may not map a value to what the type cannot hold', () => {
    const rule = { onBadValue: { yes: 'maybe' } };
    expect(choose('x BOOLEAN', { counts: { text: 1 } }, rule).problems[0]?.message).toBe(
      'the value map of t.x turns "yes" into "maybe", which is no boolean',
    );
  });

  test('may not put NULL where the column refuses it', () => {
    const facts = { counts: { integer: 1, text: 2 } };
    const { problems } = choose('x INTEGER', facts, { onBadValue: 'null' }, true);
    expect(problems.map(({ message }) => message)).toEqual([
      'the rule for t.x turns 2 values into NULL, which the column refuses',
    ]);
  });
});
