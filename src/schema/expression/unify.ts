import { largestOf } from './magnitude.js';
import { inner, isNumber, piece, type Translated } from './translated.js';
import { Unsure } from './tree.js';

/** Values of which one is the result (CASE, coalesce), in one type. */
export function unify(values: readonly Translated[]): {
  values: string[];
  type: Translated['type'];
  narrow: boolean;
  magnitude: bigint;
} {
  const known = values.filter((value) => value.type !== 'null');
  const types = new Set(known.map((value) => value.type));
  const narrow = known.every((value) => value.narrow);
  const magnitude = largestOf(known.map((value) => asInteger(value).magnitude));
  const [type] = types;
  if (type === undefined)
    return { values: values.map(inner), type: 'null', narrow: false, magnitude };
  if (types.size === 1) return { values: values.map(inner), type, narrow, magnitude };
  if (types.has('boolean') && known.every((each) => each.type === 'boolean' || isTruth(each))) {
    return { values: values.map(asBoolean), type: 'boolean', narrow: false, magnitude };
  }
  if (known.every((each) => each.type === 'boolean' || each.type === 'bigint')) {
    const integers = values.map((each) => inner(asInteger(each)));
    return { values: integers, type: 'bigint', narrow: false, magnitude };
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
  return { values: doubles, type: 'double precision', narrow: false, magnitude };
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
