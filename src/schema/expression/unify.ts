import { largestOf } from './magnitude.js';
import { widest } from './reach.js';
import { inner, isNumber, piece, reachOf, type Translated } from './translated.js';
import { Unsure } from './tree.js';

/** Values of which one is the result (CASE, coalesce), in one type. */
export function unify(values: readonly Translated[]): {
  values: string[];
} & Pick<Translated, 'type' | 'narrow' | 'magnitude' | 'reach'> {
  const known = values.filter((value) => value.type !== 'null');
  const numbers = known.map(asInteger);
  const range = {
    narrow: false,
    magnitude: largestOf(numbers.map(({ magnitude }) => magnitude)),
    reach: widest(numbers.map(reachOf)),
  };
  const types = new Set(known.map((value) => value.type));
  const [type] = types;
  if (type === undefined) return { values: values.map(inner), type: 'null', ...range };
  if (types.size === 1) {
    const narrow = known.every((value) => value.narrow);
    return { values: values.map(inner), type, ...range, narrow };
  }
  if (types.has('boolean') && known.every((each) => each.type === 'boolean' || isTruth(each))) {
    return { values: values.map(asBoolean), type: 'boolean', ...range };
  }
  if (known.every((each) => each.type === 'boolean' || each.type === 'bigint')) {
    const integers = values.map((each) => inner(asInteger(each)));
    return { values: integers, type: 'bigint', ...range };
  }
  const isDouble = known.every(
    (each) => each.type === 'double precision' || (isNumber(each) && each.literal !== null),
  );
  if (!isDouble) throw new Unsure(`its results are of several types: ${[...types].join(', ')}`);
  const doubles = values.map((each) =>
    each.literal === null || each.type === 'null'
      ? inner(each)
      : `${inner(each)}::double precision`,
  );
  return { values: doubles, type: 'double precision', ...range };
}

/** The value of a condition, 1 or 0, where a number is wanted. */
export function asInteger(value: Translated): Translated {
  if (value.type !== 'boolean') return value;
  return piece(`${inner(value)}::integer`, 'bigint', { atomic: true, narrow: true, magnitude: 1n });
}

/** SQLite's text of a value. */
export function asText(value: Translated): Translated {
  if (value.type === 'text') return value;
  const integer = asInteger(value);
  if (integer.type !== 'bigint') {
    throw new Unsure(`SQLite writes a ${value.type} in its own way`);
  }
  return piece(`${inner(integer)}::text COLLATE "C"`, 'text');
}

export function isTruth({ literal }: Translated): boolean {
  return literal?.kind === 'integer' && (literal.value === 0n || literal.value === 1n);
}

/** The words of Postgres for SQLite's 0 and 1. */
export function asBoolean(value: Translated): string {
  if (value.literal?.kind !== 'integer') return inner(value);
  return value.literal.value === 0n ? 'false' : 'true';
}
