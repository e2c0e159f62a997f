import { BIGINT_MAGNITUDE, fitting, smallestOf } from './magnitude.js';
import { reachOfResult } from './reach.js';
import { inner, piece, reachOf, type Translated } from './translated.js';
import { Unsure } from './tree.js';
import { asInteger, asText } from './unify.js';

export function translateArithmetic(
  operator: string,
  left: Translated,
  right: Translated,
): Translated {
  const [a, b] = [number(left), number(right)];
  if (a.type === 'bigint' && b.type === 'bigint') return integers(operator, a, b);
  if (!['+', '-', '*', '/'].includes(operator)) {
    throw new Unsure(`${operator} turns fractions into integers in SQLite`);
  }
  const sql = `${double(a)} ${operator} ${operator === '/' ? divisor(b, double(b)) : double(b)}`;
  const reach = reachOfResult(operator, reachOf(a), reachOf(b));
  return piece(sql, 'double precision', { reach });
}

export function translateSign(operator: '-' | '+' | '~', value: Translated): Translated {
  // A unary plus does nothing but take the affinity away.
  if (operator === '+') return { ...value, affinity: 'none' };
  const operand = number(value);
  if (operator === '~' && operand.type !== 'bigint') throw new Unsure('~ of a fraction');
  if (operand.type !== 'bigint') {
    return piece(`${operator}${inner(operand)}`, operand.type, { reach: operand.reach });
  }
  const magnitude = operator === '-' ? fitting(operand.magnitude) : BIGINT_MAGNITUDE;
  return piece(`${operator}${wide(operand)}`, 'bigint', { magnitude });
}

export function translateConcat(left: Translated, right: Translated): Translated {
  const sides = [left, right].map((side) => {
    if (side.type === 'null') throw new Unsure('NULL || anything is NULL');
    return inner(asText(side));
  });
  return piece(sides.join(' || '), 'text');
}

function integers(operator: string, a: Translated, b: Translated): Translated {
  const magnitude = magnitudeOf(operator, a, b);
  switch (operator) {
    case '/':
    case '%':
      return piece(`${wide(a)} ${operator} ${divisor(b, wide(b))}`, 'bigint', { magnitude });
    case '<<':
    case '>>':
      if (b.literal?.kind !== 'integer' || b.literal.value < 0n || b.literal.value > 63n) {
        throw new Unsure('SQLite shifts by negative and large counts in its own way');
      }
      return piece(`${wide(a)} ${operator} ${b.sql}`, 'bigint', { magnitude });
    case '+':
    case '-':
    case '*':
    case '&':
    case '|':
      return piece(`${wide(a)} ${operator} ${wide(b)}`, 'bigint', { magnitude });
    default:
      throw new Unsure(`${operator} is not translated`);
  }
}

/** @throws Unsure when the result may be no bigint */
function magnitudeOf(operator: string, a: Translated, b: Translated): bigint {
  switch (operator) {
    case '+':
    case '-':
      return fitting(a.magnitude + b.magnitude);
    case '*':
      return fitting(a.magnitude * b.magnitude);
    case '/':
      // Only the lowest bigint by -1 is none.
      return isMinusOne(b) ? fitting(a.magnitude) : a.magnitude;
    case '%':
      return smallestOf([a.magnitude, b.magnitude]);
    case '>>':
      return a.magnitude;
    default:
      return BIGINT_MAGNITUDE;
  }
}

/** Might be, when it is no literal. */
function isMinusOne({ literal }: Translated): boolean {
  return literal === null || (literal.kind === 'integer' && literal.value === -1n);
}

/** SQLite divides by zero to NULL, Postgres to an error. */
function divisor({ literal }: Translated, sql: string): string {
  const isZero =
    literal === null ||
    (literal.kind === 'integer' && literal.value === 0n) ||
    (literal.kind === 'real' && literal.value === 0);
  return isZero ? `nullif(${sql}, 0)` : sql;
}

function number(value: Translated): Translated {
  const operand = asInteger(value);
  const { column, type } = operand;
  if (type === 'bigint' || (type === 'double precision' && column === null)) return operand;
  if (type === 'double precision' && column?.source.affinity === 'real') return operand;
  throw new Unsure(
    type === 'double precision'
      ? `${column?.source.name} holds integers and fractions, with which SQLite reckons differently`
      : `SQLite turns ${operand.sql} into a number first`,
  );
}

/** Postgres reckons with 32 bits where both sides have no more. */
function wide(value: Translated): string {
  return value.narrow && !(value.literal !== null) ? `${inner(value)}::bigint` : inner(value);
}

function double(value: Translated): string {
  const isDouble = value.type === 'double precision' && value.literal === null;
  return isDouble ? inner(value) : `${inner(value)}::double precision`;
}
