import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../src/schema/cell.js';
import { strictConverterFor } from '../../../src/schema/convert.js';
import type { ColumnPlan, SourceColumn, TargetType } from '../../../src/schema/model.js';
import type { PairedColumn } from '../../../src/sync/tables/paired-table.js';
import { type SqliteValue, sqliteValueOf } from '../../../src/sync/tables/sqlite-value.js';

const FORMS = [
  'YYYY-MM-DD',
  'YYYY-MM-DD HH:MM:SS',
  'YYYY-MM-DD HH:MM:SS.fff',
  'YYYY-MM-DDTHH:MM:SS[.ffffff]',
] as const;

const bigints = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const doubles = fc.double({ noNaN: true });
const texts = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
const times = fc.date({
  min: new Date('0001-01-01'),
  max: new Date('9999-12-31'),
  noInvalidDate: true,
});

describe('what SQLite had comes back from the text that the target prints of it', () => {
  const comesBack = (column: PairedColumn, value: SqliteValue) => {
    const printed = strictConverterFor(column.plan)(cellOf(value));
    if (printed === undefined) throw new Error(`${String(value)} is no ${column.plan.type}`);
    expect(sqliteValueOf(column, printed)).toEqual(value);
  };
  const holds = <T extends SqliteValue>(column: PairedColumn, values: fc.Arbitrary<T>) =>
    fc.assert(fc.property(values, (value) => comesBack(column, value)));

  it('as an integer', () => holds(columnOf('bigint'), bigints));
  it('as a double', () => holds(columnOf('double precision', 'real'), doubles));
  it('as a text', () => holds(columnOf('text', 'text'), texts));
  it('as a boolean', () => holds(columnOf('boolean', 'numeric'), fc.constantFrom(0n, 1n)));
  it('as a uuid', () => holds(columnOf('uuid', 'text'), fc.uuid()));
  it('as json, to the byte', () => {
    holds(
      columnOf('json', 'text'),
      fc.json().map((json) => ` ${json}\n`),
    );
  });
  it('as bytes', () => {
    const bytes = fc.uint8Array().map((array) => Buffer.from(array));
    holds(columnOf('bytea', 'blob'), bytes);
    holds(columnOf('bytea', 'text'), bytes);
  });
  it('as the text of which a rule made bytes', () => {
    holds(columnOf('bytea', 'text', { rule: { type: 'bytea' } }), texts);
  });
  it('as a numeric: an integer, another number, or a text with its digits', () => {
    holds(columnOf('numeric', 'numeric'), bigints);
    holds(
      columnOf('numeric', 'numeric'),
      // A whole number of a numeric column is stored as an integer.
      doubles.filter((value) => !Number.isInteger(value) && Number.isFinite(value)),
    );
    const digits = fc
      .tuple(fc.bigInt({ min: 1n, max: 10n ** 40n }), fc.stringMatching(/^[0-9]{1,30}$/))
      .map(([whole, fraction]) => `${whole}.${fraction}`);
    holds(columnOf('numeric', 'text'), digits);
  });
  it('as a date', () => {
    holds(
      columnOf('date', 'numeric'),
      times.map((time) => time.toISOString().slice(0, 10)),
    );
  });
  it.each(FORMS)('as a time that is written as %s', (textForm) => {
    const written = fc
      .tuple(times, fc.nat(999_999), fc.boolean())
      .map(([time, micros, isWhole]) => {
        const iso = time.toISOString();
        const fraction = String(micros).padStart(6, '0');
        if (textForm === 'YYYY-MM-DD') return iso.slice(0, 10);
        if (textForm === 'YYYY-MM-DD HH:MM:SS') return iso.slice(0, 19).replace('T', ' ');
        if (textForm === 'YYYY-MM-DD HH:MM:SS.fff') return iso.slice(0, 23).replace('T', ' ');
        return isWhole || micros === 0 ? iso.slice(0, 19) : `${iso.slice(0, 19)}.${fraction}`;
      });
    holds(columnOf('timestamp', 'numeric', { textForm }), written);
  });
  it('as NULL, of any type', () => {
    expect(sqliteValueOf(columnOf('bigint'), null)).toBeNull();
    expect(sqliteValueOf(columnOf('text'), null)).toBeNull();
  });
});

describe('what the target alone can hold', () => {
  it.each<[string, PairedColumn, string, SqliteValue]>([
    ['an integer above 64 bits', columnOf('numeric', 'numeric'), '9223372036854775808', 2 ** 63],
    [
      'a time between two days, in a column of days',
      columnOf('timestamp', 'text', { textForm: 'YYYY-MM-DD' }),
      '2024-01-01 10:00:00',
      '2024-01-01 10:00:00',
    ],
    [
      'a fraction, in a column of whole seconds',
      columnOf('timestamp', 'text', { textForm: 'YYYY-MM-DD HH:MM:SS' }),
      '2024-01-01 10:00:00.5',
      '2024-01-01 10:00:00.5',
    ],
    [
      'a time before our era',
      columnOf('timestamp', 'text', { textForm: 'YYYY-MM-DDTHH:MM:SS[.ffffff]' }),
      '0044-03-15 10:00:00 BC',
      '0044-03-15 10:00:00 BC',
    ],
  ])('comes as near as SQLite can: %s', (_what, column, field, value) => {
    expect(sqliteValueOf(column, field)).toEqual(value);
  });
});

function columnOf(
  type: TargetType,
  affinity: SourceColumn['affinity'] = 'integer',
  plan: Partial<ColumnPlan> = {},
): PairedColumn {
  const source: SourceColumn = {
    name: 'a',
    declaredType: '',
    affinity,
    notNull: false,
    defaultSql: null,
    collation: 'BINARY',
    generated: null,
    generatedSql: null,
  };
  const whole = { source, targetName: 'a', type, why: '', rule: null, ...plan };
  return { plan: whole, index: 0, rejects: false };
}

function cellOf(value: SqliteValue): Cell {
  if (value === null) return { kind: 'null' };
  if (typeof value === 'bigint') return { kind: 'integer', value };
  if (typeof value === 'number') return { kind: 'real', value };
  if (typeof value === 'string') return { kind: 'text', bytes: Buffer.from(value, 'utf8') };
  return { kind: 'blob', bytes: value };
}
