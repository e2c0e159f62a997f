import type { Cell } from './cell.js';
import type { ColumnPlan, TargetType } from './model.js';
import { realText } from './values/number-text.js';
import { mappedText, textFormOf } from './values/text-forms.js';

/** The text that `COPY … TO` prints, unescaped; null for NULL; undefined when the value is bad. */
export type Converter = (cell: Cell) => string | null | undefined;

/**
 * How a column's values become Postgres's text, or null when the natural form of its type says it
 * all: integers as bigint or double precision, doubles, text, blobs as bytea, 0 and 1 as boolean.
 */
export function converterFor(plan: ColumnPlan): Converter | null {
  return isNatural(plan) ? null : strictConverterFor(plan);
}

/** The same for every column, and never guessing: what the type cannot hold is undefined. */
export function strictConverterFor(plan: ColumnPlan): Converter {
  const form = textFormOf(plan);
  const onBad = badValueHandler(plan);
  return (cell) => {
    if (cell.kind === 'null') return null;
    const text = form(cell);
    return text === undefined ? onBad(cell) : text;
  };
}

const NATURAL_TYPES: readonly TargetType[] = [
  'bigint',
  'double precision',
  'text',
  'bytea',
  'boolean',
];

function isNatural({ type, rule, source }: ColumnPlan): boolean {
  if (!NATURAL_TYPES.includes(type)) return false;
  if (rule === null) return true;
  if (rule.onBadValue !== undefined && rule.onBadValue !== 'fail') return false;
  if (rule.type === 'text') return source.affinity === 'text';
  return rule.type !== 'bytea';
}

function badValueHandler({ type, rule }: ColumnPlan): Converter {
  const onBad = rule?.onBadValue;
  if (onBad === 'null') return () => null;
  if (typeof onBad !== 'object') return () => undefined;
  const words = new Map(
    Object.entries(onBad).map(([from, to]) => [from, to === null ? null : mappedText(to, type)]),
  );
  return (cell) => words.get(wordOf(cell));
}

/** How a value is named in a value map: text as it is, numbers as SQLite writes them. */
function wordOf(cell: Cell): string {
  if (cell.kind === 'null') return 'null';
  if (cell.kind === 'integer') return cell.value.toString();
  if (cell.kind === 'real') return realText(cell.value);
  return cell.kind === 'text' ? cell.bytes.toString('utf8') : `x'${cell.bytes.toString('hex')}'`;
}
