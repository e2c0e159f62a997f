import { isUtf8 } from 'node:buffer';
import type { Cell } from '../cell.js';
import type { ColumnPlan, TargetType, TimeTextForm } from '../model.js';
import { doubleText, isBigintText, isNumericText, plainText, realText } from './number-text.js';
import { dateText, FORM_SHAPES, timestampText } from './time-text.js';

type Value = Exclude<Cell, { kind: 'null' }>;
type TextForm = (cell: Value) => string | undefined;

/** How Postgres prints a value of the column's type; undefined for what the type cannot hold. */
export function textFormOf(plan: ColumnPlan): TextForm {
  return FORMS[plan.type](plan);
}

/** A word of a value map as Postgres prints it, or undefined when the type cannot hold it. */
export function mappedText(word: string, type: TargetType): string | undefined {
  switch (type) {
    case 'boolean':
      return BOOLEAN_WORDS.get(word.toLowerCase());
    case 'bigint':
      return isBigintText(word) ? word : undefined;
    case 'double precision':
      return /^-?\d/.test(word) && Number.isFinite(Number(word))
        ? doubleText(Number(word))
        : undefined;
    case 'numeric':
      return isNumericText(word) ? word : undefined;
    case 'text':
      return word.includes('\0') ? undefined : word;
    case 'bytea':
      return `\\x${Buffer.from(word).toString('hex')}`;
    case 'uuid':
      return uuidForm(word);
    case 'json':
      return jsonForm(word);
    case 'date':
      return dateText(word);
    case 'timestamp':
      return timestampForms(word, Object.keys(FORM_SHAPES) as TimeTextForm[]);
  }
}

const BOOLEAN_WORDS = new Map([
  ['0', 'f'],
  ['1', 't'],
  ['f', 'f'],
  ['t', 't'],
  ['false', 'f'],
  ['true', 't'],
]);

const FORMS: Record<TargetType, (plan: ColumnPlan) => TextForm> = {
  bigint: () => (cell) => (cell.kind === 'integer' ? cell.value.toString() : undefined),
  'double precision': () => (cell) => {
    if (cell.kind === 'real') return doubleText(cell.value);
    if (cell.kind !== 'integer' || !isSafe(cell.value)) return undefined;
    return doubleText(Number(cell.value));
  },
  numeric: () => (cell) => {
    if (cell.kind === 'integer') return cell.value.toString();
    // A numeric has no negative zero.
    if (cell.kind === 'real') return Object.is(cell.value, -0) ? undefined : plainText(cell.value);
    return fromText(cell, (text) => (isNumericText(text) ? text : undefined));
  },
  boolean: () => (cell) => {
    if (cell.kind !== 'integer') return undefined;
    return cell.value === 0n ? 'f' : cell.value === 1n ? 't' : undefined;
  },
  text: ({ source, rule }) => {
    const strips = rule?.onBadValue === 'strip-nul';
    const numbers = rule?.type === 'text';
    return (cell) => {
      if (cell.kind === 'text') return checkedText(cell.bytes, strips);
      if (!numbers || cell.kind === 'blob') return undefined;
      if (cell.kind === 'real') return realText(cell.value);
      // SQLite stores the whole numbers of a REAL column as integers.
      return source.affinity === 'real' ? realText(Number(cell.value)) : cell.value.toString();
    };
  },
  bytea: ({ rule }) => {
    const takesText = rule?.type === 'bytea';
    return (cell) => {
      if (cell.kind !== 'blob' && !(takesText && cell.kind === 'text')) return undefined;
      return `\\x${cell.bytes.toString('hex')}`;
    };
  },
  timestamp: ({ textForm }) => {
    const forms =
      textForm === undefined ? (Object.keys(FORM_SHAPES) as TimeTextForm[]) : [textForm];
    return (cell) => fromText(cell, (text) => timestampForms(text, forms));
  },
  date: () => (cell) => fromText(cell, dateText),
  uuid: () => (cell) => fromText(cell, uuidForm),
  json: ({ rule }) => {
    const strips = rule?.onBadValue === 'strip-nul';
    return (cell) => fromText(cell, jsonForm, strips);
  },
};

function fromText(
  cell: Value,
  form: (text: string) => string | undefined,
  strips = false,
): string | undefined {
  if (cell.kind !== 'text') return undefined;
  const text = checkedText(cell.bytes, strips);
  return text === undefined ? undefined : form(text);
}

function checkedText(bytes: Buffer, strips: boolean): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  if (!text.includes('\0')) return text;
  return strips ? text.replaceAll('\0', '') : undefined;
}

function timestampForms(text: string, forms: readonly TimeTextForm[]): string | undefined {
  for (const form of forms) {
    const printed = timestampText(text, form);
    if (printed !== undefined) return printed;
  }
  return undefined;
}

/** Postgres reads more ways of writing a uuid than it prints. */
function uuidForm(text: string): string | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : undefined;
}

/** A `json`, unlike a `jsonb`, keeps its text to the byte. */
function jsonForm(text: string): string | undefined {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return undefined;
  }
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}
