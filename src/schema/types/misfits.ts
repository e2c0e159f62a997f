import type {
  ColumnCensus,
  RowLocator,
  SourceColumn,
  TargetType,
  TextShape,
  TimeTextForm,
  ValueKind,
} from '../model.js';
import { FORM_SHAPES } from '../values/time-text.js';

/** Values that a type cannot hold. */
export interface Misfit {
  kind: ValueKind;
  count: number;
  /** The values in words, e.g. `3 texts`. */
  what: string;
  /** The first rows that hold them. */
  seenAt: RowLocator[];
}

interface MisfitOptions {
  /** The type is the config's: a change of storage class is what was asked for. */
  ruled: boolean;
  textForm: TimeTextForm | undefined;
}

/** What of the values that the census counted the type cannot hold, kind by kind. */
export function misfitsOf(
  type: TargetType,
  column: SourceColumn,
  census: ColumnCensus,
  options: MisfitOptions,
): Misfit[] {
  const misfits = MISFITS[type](census, options, column);
  return misfits.filter((misfit) => misfit.count > 0);
}

type MisfitsOf = (census: ColumnCensus, options: MisfitOptions, column: SourceColumn) => Misfit[];

const MISFITS: Record<TargetType, MisfitsOf> = {
  bigint: (census) => {
    const overflowed = census.counts['overflowed integer'];
    return [
      misfit(census, 'real', census.counts.real - overflowed, 'real numbers'),
      misfit(
        census,
        'overflowed integer',
        overflowed,
        'numbers of 2^63 and more, which SQLite holds as REAL',
      ),
      ...texts(census),
      ...blobs(census),
    ];
  },
  'double precision': (census) => [
    misfit(census, 'unsafe integer', census.counts['unsafe integer'], 'integers above 2^53'),
    ...texts(census),
    ...blobs(census),
  ],
  numeric: (census, { ruled }) => [
    ...(ruled ? shapedTexts(census, ['digits'], 'texts that are no plain digits') : texts(census)),
    ...blobs(census),
  ],
  boolean: (census) => [
    misfit(census, 'not 0 or 1', census.counts['not 0 or 1'], 'integers other than 0 and 1'),
    ...reals(census),
    ...texts(census),
    ...blobs(census),
  ],
  text: (census, { ruled }) => [
    ...(ruled ? [] : numbers(census)),
    ...unprintable(census),
    ...blobs(census),
  ],
  bytea: (census, { ruled }) => [...numbers(census), ...(ruled ? [] : texts(census))],
  timestamp: (census, { textForm = 'YYYY-MM-DD HH:MM:SS' }) => [
    ...shapedTexts(census, FORM_SHAPES[textForm], `texts that are not ${textForm}`),
    ...numbers(census),
    ...blobs(census),
  ],
  date: (census) => [
    ...shapedTexts(census, ['YYYY-MM-DD'], 'texts that are not YYYY-MM-DD'),
    ...numbers(census),
    ...blobs(census),
  ],
  uuid: (census) => [
    ...(census.textBytesMax > 36
      ? [misfit(census, 'text', census.counts.text, `texts, some longer than a uuid`)]
      : shapedTexts(census, ['other', 'YYYY-MM-DD'], 'texts that are no uuid')),
    ...numbers(census),
    ...blobs(census),
  ],
  json: (census) => [
    misfit(census, 'text', census.shapes.empty, 'empty texts, which are no JSON', ['empty']),
    ...unprintable(census),
    ...numbers(census),
    ...blobs(census),
  ],
};

function misfit(
  { seenAt }: ColumnCensus,
  kind: ValueKind,
  count: number,
  words: string,
  from: readonly (ValueKind | TextShape)[] = [kind],
): Misfit {
  const rows = from.flatMap((each) => seenAt[each] ?? []);
  rows.sort((a, b) => a.unit - b.unit || a.row - b.row);
  return { kind, count, what: `${count} ${words}`, seenAt: rows.slice(0, LOCATORS_MAX) };
}

/** As many as the census keeps of each kind. */
const LOCATORS_MAX = 10;

function texts(census: ColumnCensus): Misfit[] {
  return [misfit(census, 'text', census.counts.text, 'texts')];
}

function blobs(census: ColumnCensus): Misfit[] {
  return [misfit(census, 'blob', census.counts.blob, 'blobs')];
}

function reals(census: ColumnCensus): Misfit[] {
  const from = ['real', 'overflowed integer'] as const;
  return [misfit(census, 'real', census.counts.real, 'real numbers', from)];
}

function numbers(census: ColumnCensus): Misfit[] {
  return [misfit(census, 'integer', census.counts.integer, 'integers'), ...reals(census)];
}

function unprintable(census: ColumnCensus): Misfit[] {
  const { counts } = census;
  return [
    misfit(census, 'NUL in text', counts['NUL in text'], 'texts with a NUL character inside'),
    misfit(census, 'not UTF-8', counts['not UTF-8'], 'texts that are not UTF-8'),
  ];
}

function shapedTexts(census: ColumnCensus, shapes: readonly TextShape[], words: string): Misfit[] {
  const others = (Object.keys(census.shapes) as TextShape[]).filter(
    (shape) => !shapes.includes(shape),
  );
  const count = others.reduce((sum, shape) => sum + census.shapes[shape], 0);
  return [misfit(census, 'text', count, words, others)];
}
