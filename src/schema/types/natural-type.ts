import type { ColumnCensus, SourceColumn, TargetType, TextShape } from '../model.js';
import { FORM_SHAPES } from '../values/time-text.js';

interface NaturalType {
  type: TargetType;
  why: string;
}

/** The type that the declaration and the values ask for; whether it holds them all is not asked. */
export function naturalType(column: SourceColumn, census: ColumnCensus | null): NaturalType {
  const declared = column.declaredType.toUpperCase();
  if (declared.includes('BOOL')) return { type: 'boolean', why: `declared ${declared}` };
  if (census === null || isEmpty(census)) return emptyType(column);
  switch (column.affinity) {
    case 'integer':
      return integerType(census);
    case 'real':
      return { type: 'double precision', why: 'real numbers' };
    case 'text':
      return { type: 'text', why: 'text' };
    case 'numeric':
      return numericType(column, census);
    case 'blob':
      return typeOfValues(column, census);
  }
}

function isEmpty({ counts }: ColumnCensus): boolean {
  return counts.integer + counts.real + counts.text + counts.blob === 0;
}

function emptyType(column: SourceColumn): NaturalType {
  const why = 'no value yet; by its declared type';
  const types = {
    integer: 'bigint',
    real: 'double precision',
    text: 'text',
    blob: 'bytea',
  } as const;
  if (column.affinity !== 'numeric') return { type: types[column.affinity], why };
  // SQLite takes STRING, DATE and DATETIME for numbers; bots write text into them.
  const isText = /STRING|DATE|TIME|JSON|UUID/i.test(column.declaredType);
  return { type: isText ? 'text' : 'numeric', why };
}

function integerType({ counts }: ColumnCensus): NaturalType {
  if (counts.real === 0) return { type: 'bigint', why: 'integers' };
  if (counts['overflowed integer'] > 0) return { type: 'bigint', why: 'integers' };
  return { type: 'double precision', why: mixedNumbers(counts) };
}

function numericType(column: SourceColumn, census: ColumnCensus): NaturalType {
  const { counts, shapes } = census;
  if (counts.text < counts.integer + counts.real) return numberType(counts);
  const declared = column.declaredType.toUpperCase();
  const onlyShapes = (...allowed: readonly TextShape[]) =>
    counts.integer + counts.real + counts.blob === 0 &&
    allowed.reduce((sum, shape) => sum + shapes[shape], 0) === counts.text;
  if (declared === 'DATE' && onlyShapes('YYYY-MM-DD')) {
    return { type: 'date', why: 'declared DATE, and every value is YYYY-MM-DD' };
  }
  if (/^(DATETIME|TIMESTAMP)\b/.test(declared)) {
    for (const form of TIMESTAMP_FORMS) {
      if (!onlyShapes(...FORM_SHAPES[form])) continue;
      return { type: 'timestamp', why: `declared ${declared}, and every value is ${form}` };
    }
  }
  return { type: 'text', why: `declared ${declared}, holds text` };
}

const TIMESTAMP_FORMS = [
  'YYYY-MM-DD HH:MM:SS',
  'YYYY-MM-DD HH:MM:SS.fff',
  'YYYY-MM-DDTHH:MM:SS[.ffffff]',
] as const;

function typeOfValues(column: SourceColumn, { counts }: ColumnCensus): NaturalType {
  const numbers = counts.integer + counts.real;
  const most = Math.max(numbers, counts.text, counts.blob);
  const by = column.declaredType === '' ? 'no declared type' : `declared ${column.declaredType}`;
  if (counts.blob === most) return { type: 'bytea', why: `${by}, holds blobs` };
  if (counts.text === most) return { type: 'text', why: `${by}, holds text` };
  return numberType(counts);
}

function numberType(counts: ColumnCensus['counts']): NaturalType {
  if (counts.real === 0) return { type: 'bigint', why: 'integers' };
  if (counts['unsafe integer'] > 0) {
    return { type: 'numeric', why: 'real numbers, and integers above 2^53' };
  }
  if (counts.integer === 0) return { type: 'double precision', why: 'real numbers' };
  return { type: 'double precision', why: mixedNumbers(counts) };
}

function mixedNumbers(counts: ColumnCensus['counts']): string {
  return `${counts.integer} integers and ${counts.real} real numbers, each held exactly`;
}
