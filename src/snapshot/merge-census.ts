import type { ColumnCensus, RowLocator } from '../schema/model.js';
import { LOCATORS_MAX } from './census.js';

/** One count of a column out of those of its stretches, as if it had been counted in one go. */
export function mergeCensus(
  parts: readonly { from: number; census: ColumnCensus }[],
): ColumnCensus {
  const all = parts.map(({ census }) => census);
  const [first] = all;
  if (first === undefined) throw new Error('nothing was counted');
  return {
    rows: sum(all.map(({ rows }) => rows)),
    counts: sumByKey(all.map(({ counts }) => counts)),
    integerMin: least(all.map(({ integerMin }) => integerMin)),
    integerMax: greatest(all.map(({ integerMax }) => integerMax)),
    realMin: least(all.map(({ realMin }) => realMin)),
    realMax: greatest(all.map(({ realMax }) => realMax)),
    realNearest: least(all.map(({ realNearest }) => realNearest)),
    textBytesMax: Math.max(...all.map(({ textBytesMax }) => textBytesMax)),
    blobBytesMax: Math.max(...all.map(({ blobBytesMax }) => blobBytesMax)),
    shapes: sumByKey(all.map(({ shapes }) => shapes)),
    seenAt: Object.fromEntries(
      keysOf(first.seenAt).map((kind) => [kind, firstPlaces(parts, kind)]),
    ),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function sumByKey<Key extends string>(parts: readonly Record<Key, number>[]): Record<Key, number> {
  const keys = keysOf(parts[0] as Record<Key, number>);
  return Object.fromEntries(
    keys.map((key) => [key, sum(parts.map((part) => part[key]))]),
  ) as Record<Key, number>;
}

function least<Value extends bigint | number>(values: readonly (Value | null)[]): Value | null {
  return values.reduce((a, b) => (a === null || (b !== null && b < a) ? b : a), null);
}

function greatest<Value extends bigint | number>(values: readonly (Value | null)[]): Value | null {
  return values.reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null);
}

function firstPlaces(
  parts: readonly { from: number; census: ColumnCensus }[],
  kind: keyof ColumnCensus['seenAt'],
): RowLocator[] {
  const places: RowLocator[] = [];
  for (const { from, census } of parts) {
    for (const { unit, row } of census.seenAt[kind] ?? []) {
      if (places.length === LOCATORS_MAX) return places;
      places.push({ unit: from + unit, row });
    }
  }
  return places;
}

function keysOf<Key extends string>(record: Partial<Record<Key, unknown>>): Key[] {
  return Object.keys(record) as Key[];
}
