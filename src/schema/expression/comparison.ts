import { folded } from '../folding.js';
import { quoteLiteral } from '../literals.js';
import { isBigintText } from '../values/number-text.js';
import { textFormOf } from '../values/text-forms.js';
import { inner, isNumber, literalPiece, piece, type Translated } from './translated.js';
import { Unsure } from './tree.js';
import { asBoolean, asInteger, isTruth } from './unify.js';

/** `left operator right` by SQLite's rules of affinity and collation. */
export function comparison(operator: string, left: Translated, right: Translated): Translated {
  const [a, b] = comparable(left, right);
  return piece(`${a} ${operator} ${b}`, 'boolean');
}

/** IS and IS NOT between values: like = and <>, with NULL as a value of its own. */
export function distinctness(left: Translated, right: Translated, negated: boolean): Translated {
  const [a, b] = comparable(left, right);
  return piece(`${a} IS ${negated ? '' : 'NOT '}DISTINCT FROM ${b}`, 'boolean');
}

export function membership(
  operand: Translated,
  list: readonly Translated[],
  negated: boolean,
): Translated {
  if (list.length === 0) return piece(negated ? 'true' : 'false', 'boolean', { atomic: true });
  // `x IN (y)` is `x = +y`: only x has an affinity and a collation.
  const pairs = list.map((each) =>
    each.type === 'null'
      ? [inner(operand), 'NULL']
      : comparable(operand, { ...each, affinity: 'none', collation: null, collates: false }),
  );
  const values = pairs.map(([, value]) => value).join(', ');
  return piece(`${pairs[0]?.[0]} ${negated ? 'NOT IN' : 'IN'} (${values})`, 'boolean');
}

/** Both sides as SQL that Postgres compares as SQLite does. */
function comparable(left: Translated, right: Translated): [string, string] {
  if (left.type === 'null' || right.type === 'null') {
    throw new Unsure('a comparison with NULL is never true');
  }
  const [a, b] = [converted(left, right), converted(right, left)];
  if (a.type === 'boolean' || b.type === 'boolean') return booleans(a, b);
  if (isNumber(a) && isNumber(b)) return numbers(a, b);
  if (a.type === 'text' && b.type === 'text') return texts(a, b);
  if (a.type !== b.type || a.type === 'json') {
    throw new Unsure(`${a.type} and ${b.type} are compared by their kind in SQLite`);
  }
  return [inner(a), inner(b)];
}

/** The side after SQLite has applied the affinity of the other one to it. */
function converted(side: Translated, other: Translated): Translated {
  const { literal } = side;
  if (literal === null) return checkColumns(side, other);
  const isNumeric = ['integer', 'real', 'numeric'].includes(other.affinity);
  if (isNumeric && literal.kind === 'text') {
    const looksNumeric = /^\s*[+-]?(\d|\.\d)/.test(literal.value);
    if (!looksNumeric) return timed(side, other);
    if (isNumber(other) && isBigintText(literal.value)) {
      return literalPiece({ kind: 'integer', value: BigInt(literal.value) });
    }
    if (/^\d{4}-\d\d-\d\d/.test(literal.value)) return timed(side, other);
    throw new Unsure(`SQLite turns ${side.sql} into a number here`);
  }
  if (other.affinity === 'text' && other.type === 'text') {
    if (literal.kind === 'integer') {
      return literalPiece({ kind: 'text', value: literal.value.toString() });
    }
    if (literal.kind === 'real') throw new Unsure('a text is compared with a fraction');
  }
  return timed(side, other);
}

/** A literal beside a column that is a time or a uuid in the target. */
function timed(side: Translated, { column }: Translated): Translated {
  if (side.literal?.kind !== 'text' || column === null || column.type === 'text') return side;
  const bytes = Buffer.from(side.literal.value);
  const text = textFormOf(column)({ kind: 'text', bytes });
  if (text === undefined) return side;
  return piece(`${quoteLiteral(text)}::${column.type}`, column.type, { atomic: true });
}

function checkColumns(side: Translated, other: Translated): Translated {
  const isNumeric = ['integer', 'real', 'numeric'].includes(side.affinity);
  const meetsText = other.type === 'text' && other.literal === null && other.affinity !== 'none';
  // A DATETIME column of texts gives its NUMERIC affinity to a TEXT column beside it.
  if (isNumeric && side.type === 'text' && meetsText && other.affinity !== 'numeric') {
    throw new Unsure('SQLite turns texts that look like numbers into numbers here');
  }
  if (isNumeric && side.type === 'text' && other.literal === null && other.affinity === 'none') {
    throw new Unsure('SQLite turns texts that look like numbers into numbers here');
  }
  return side;
}

function booleans(a: Translated, b: Translated): [string, string] {
  if (a.type === b.type) return [inner(a), inner(b)];
  const [truth, other] = a.type === 'boolean' ? [a, b] : [b, a];
  if (isTruth(other)) return [asBoolean(a), asBoolean(b)];
  if (other.type !== 'bigint' || other.literal !== null) {
    throw new Unsure(`${truth.sql} is a boolean in the target, and ${other.sql} is not`);
  }
  return [inner(asInteger(a)), inner(asInteger(b))];
}

function numbers(a: Translated, b: Translated): [string, string] {
  const isMixed = a.type !== b.type && a.literal === null && b.literal === null;
  if (isMixed) throw new Unsure('Postgres rounds large integers to compare them with fractions');
  return [inner(a), inner(b)];
}

function texts(a: Translated, b: Translated): [string, string] {
  const collation =
    [a, b].find((side) => side.collates)?.collation ?? a.collation ?? b.collation ?? 'BINARY';
  if (!['BINARY', 'NOCASE', 'RTRIM'].includes(collation)) {
    throw new Unsure(`the collation ${collation} is the application's own`);
  }
  const side = (value: Translated) => {
    const { literal } = value;
    if (collation === 'BINARY' || literal?.kind !== 'text') return folded(inner(value), collation);
    const text =
      collation === 'NOCASE' ? foldAscii(literal.value) : literal.value.replace(/ +$/, '');
    return quoteLiteral(text);
  };
  return [side(a), side(b)];
}

function foldAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
