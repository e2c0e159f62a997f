import { describe, expect, test } from 'vitest';
import type { Cell } from '../../../src/schema/cell.js';
import { converterFor, strictConverterFor } from '../../../src/schema/convert.js';
import type { ColumnPlan, ColumnRule, TargetType } from '../../../src/schema/model.js';
import { planOf } from './support.js';

const NULL: Cell = { kind: 'null' };
const integer = (value: bigint): Cell => ({ kind: 'integer', value });
const real = (value: number): Cell => ({ kind: 'real', value });
const text = (value: string): Cell => ({ kind: 'text', bytes: Buffer.from(value) });
const blob = (hex: string): Cell => ({ kind: 'blob', bytes: Buffer.from(hex, 'hex') });
const NOT_UTF8: Cell = { kind: 'text', bytes: Buffer.from('ff', 'hex') };

function convert(
  declaration: string,
  type: TargetType,
  cell: Cell,
  rule: ColumnRule | null = null,
  more: Partial<ColumnPlan> = {},
) {
  return strictConverterFor(planOf(declaration, type, { rule, ...more }))(cell);
}

describe('no converter is needed', () => {
  test.each([
    ['x INTEGER', 'bigint', null],
    ['x REAL', 'double precision', null],
    ['x TEXT', 'text', { type: 'text' }],
    ['x BLOB', 'bytea', null],
    ['x BOOLEAN', 'boolean', null],
    ['x INTEGER', 'bigint', { onBadValue: 'fail' }],
  ] as const)('for %s as %s with the rule %j', (declaration, type, rule) => {
    expect(converterFor(planOf(declaration, type, { rule }))).toBeNull();
  });
});

describe('a converter is needed', () => {
  test.each([
    ['x INTEGER', 'text', { type: 'text' }],
    ['x TEXT', 'text', { onBadValue: 'strip-nul' }],
    ['x TEXT', 'text', { onBadValue: 'reject' }],
    ['x TEXT', 'bytea', { type: 'bytea' }],
    ['x REAL', 'numeric', null],
    ['x DATETIME', 'timestamp', null],
  ] as const)('for %s as %s with the rule %j', (declaration, type, rule) => {
    expect(converterFor(planOf(declaration, type, { rule }))).not.toBeNull();
  });
});

describe('the text is what COPY TO prints', () => {
  test.each([
    ['x INTEGER', 'bigint', integer(-(2n ** 63n)), '-9223372036854775808'],
    ['x REAL', 'double precision', real(0.1), '0.1'],
    ['x REAL', 'double precision', real(1e15), '1e+15'],
    ['x REAL', 'double precision', real(123456789012345), '123456789012345'],
    ['x REAL', 'double precision', real(0.0001), '0.0001'],
    ['x REAL', 'double precision', real(0.00001), '1e-05'],
    ['x REAL', 'double precision', real(-0), '-0'],
    ['x REAL', 'double precision', real(42612606668398544), '4.2612606668398544e+16'],
    ['x REAL', 'double precision', real(-33944609860035048), '-3.3944609860035048e+16'],
    ['x REAL', 'double precision', real(2 ** 63), '9.223372036854776e+18'],
    ['x REAL', 'double precision', real(1e23), '9.999999999999999e+22'],
    ['x REAL', 'double precision', real(9007199254740992), '9.007199254740992e+15'],
    ['x REAL', 'double precision', real(Number.NEGATIVE_INFINITY), '-Infinity'],
    ['x REAL', 'double precision', real(5e-324), '5e-324'],
    ['x', 'double precision', integer(5n), '5'],
    ['x', 'numeric', real(1e20), '100000000000000000000'],
    ['x', 'numeric', real(-1.5e-7), '-0.00000015'],
    ['x', 'numeric', integer(2n ** 62n), '4611686018427387904'],
    ['x BOOLEAN', 'boolean', integer(1n), 't'],
    ['x BOOLEAN', 'boolean', integer(0n), 'f'],
    ['x BLOB', 'bytea', blob('00ff'), '\\x00ff'],
    ['x TEXT', 'text', text('a\\b\n'), 'a\\b\n'],
    [
      'x TEXT',
      'uuid',
      text('0189d0c6-7a3e-7b5a-8c1d-000000000001'),
      '0189d0c6-7a3e-7b5a-8c1d-000000000001',
    ],
    ['x TEXT', 'json', text('{ "a": [1,  2] }'), '{ "a": [1,  2] }'],
    ['x DATE', 'date', text('2024-02-29'), '2024-02-29'],
    ['x DATETIME', 'timestamp', text('2024-01-02 03:04:05'), '2024-01-02 03:04:05'],
    ['x DATETIME', 'timestamp', text('2024-01-02T03:04:05'), '2024-01-02 03:04:05'],
    ['x DATETIME', 'timestamp', text('2024-01-02T03:04:05.120000'), '2024-01-02 03:04:05.12'],
    ['x DATETIME', 'timestamp', text('2024-01-02 03:04:05.000'), '2024-01-02 03:04:05'],
    ['x DATETIME', 'timestamp', text('2024-01-02'), '2024-01-02 00:00:00'],
    ['x TEXT', 'text', NULL, null],
  ] as const)('%s as %s: %o', (declaration, type, cell, expected) => {
    expect(convert(declaration, type, cell)).toBe(expected);
  });
});

describe('what would not come back the same is bad', () => {
  test.each([
    ['x INTEGER', 'bigint', text('5')],
    ['x INTEGER', 'bigint', real(1.5)],
    ['x', 'double precision', integer(2n ** 53n)],
    ['x BOOLEAN', 'boolean', integer(2n)],
    ['x BOOLEAN', 'boolean', text('true')],
    ['x TEXT', 'text', integer(5n)],
    ['x TEXT', 'text', blob('00')],
    ['x TEXT', 'text', text('a\0b')],
    ['x TEXT', 'text', NOT_UTF8],
    ['x BLOB', 'bytea', text('a')],
    ['x', 'numeric', real(-0)],
    ['x TEXT', 'numeric', text('007')],
    ['x TEXT', 'numeric', text('-0')],
    ['x TEXT', 'uuid', text('0189D0C6-7A3E-7B5A-8C1D-000000000001')],
    ['x TEXT', 'json', text('{a: 1}')],
    ['x TEXT', 'json', text('')],
    ['x DATE', 'date', text('2023-02-29')],
    ['x DATE', 'date', text('0000-01-01')],
    ['x DATETIME', 'timestamp', text('2024-01-01 24:00:00')],
    ['x DATETIME', 'timestamp', text('2024-01-01T10:00:00Z')],
    ['x DATETIME', 'timestamp', text('2024-01-01T10:00:00.000000')],
    ['x DATETIME', 'timestamp', text('2024-01-01T10:00:00.5')],
  ] as const)('%s as %s: %o', (declaration, type, cell) => {
    expect(convert(declaration, type, cell)).toBeUndefined();
  });

  test('of two ways to write a time only the one of the column is good', () => {
    const more = { textForm: 'YYYY-MM-DD HH:MM:SS' } as const;
    const at = (time: string) => convert('x DATETIME', 'timestamp', text(time), null, more);
    expect(at('2024-01-02 03:04:05')).toBe('2024-01-02 03:04:05');
    expect(at('2024-01-02T03:04:05')).toBeUndefined();
  });
});

describe('a rule says what becomes of other values', () => {
  test('text for a column of numbers keeps integers and fractions apart', () => {
    const rule = { type: 'text' } as const;
    expect(convert('x INTEGER', 'text', integer(5n), rule)).toBe('5');
    expect(convert('x INTEGER', 'text', real(1e20), rule)).toBe('1.0e+20');
    expect(convert('x REAL', 'text', integer(5n), rule)).toBe('5.0');
    expect(convert('x INTEGER', 'text', text('n/a'), rule)).toBe('n/a');
    expect(convert('x INTEGER', 'text', blob('00'), rule)).toBeUndefined();
  });

  test('bytea takes the bytes of a text, whatever they are', () => {
    expect(convert('x TEXT', 'bytea', NOT_UTF8, { type: 'bytea' })).toBe('\\xff');
  });

  test('strip-nul leaves out the NULs and nothing else', () => {
    const rule = { onBadValue: 'strip-nul' } as const;
    expect(convert('x TEXT', 'text', text('a\0b\0'), rule)).toBe('ab');
    expect(convert('x TEXT', 'text', NOT_UTF8, rule)).toBeUndefined();
  });

  test('null is for bad values only', () => {
    const rule = { onBadValue: 'null' } as const;
    expect(convert('x INTEGER', 'bigint', text('x'), rule)).toBeNull();
    expect(convert('x INTEGER', 'bigint', integer(7n), rule)).toBe('7');
  });

  test('a value map names texts, integers and fractions as SQLite writes them', () => {
    const rule = { onBadValue: { yes: 'true', '2': '1', '0.0': 'f', '': null } };
    const mapped = (cell: Cell) => convert('x BOOLEAN', 'boolean', cell, rule);
    expect([text('yes'), integer(2n), real(0), text(''), integer(1n)].map(mapped)).toEqual([
      't',
      't',
      'f',
      null,
      't',
    ]);
    expect(mapped(text('no'))).toBeUndefined();
  });
});
