import { quoteLiteral } from '../literals.js';
import type { Affinity, ColumnPlan, Reach, TargetType } from '../model.js';
import { doubleText } from '../values/number-text.js';
import { BIGINT_MAGNITUDE, distance, INTEGER_MAGNITUDE } from './magnitude.js';
import { reachOfIntegers, reachOfNumber, UNBOUNDED } from './reach.js';
import { type Expression, type Literal, Unsure } from './tree.js';

/** A piece of Postgres SQL, and what SQLite's rules need to know of it. */
export interface Translated {
  sql: string;
  type: TargetType | 'null';
  /** `none`: a literal or the result of an operator, to which SQLite applies the other's. */
  affinity: Affinity | 'none';
  /** The collation that it brings into a comparison; null when it has no say. */
  collation: string | null;
  /** The collation comes from COLLATE, and wins. */
  collates: boolean;
  /** Needs no parentheses inside anything. */
  atomic: boolean;
  /** Its Postgres type is `integer`, which overflows early. */
  narrow: boolean;
  /** Of an integer: no value is further from zero. */
  magnitude: bigint;
  /** Of a double. */
  reach: Reach;
  literal: Literal | null;
  column: ColumnPlan | null;
}

export function piece(
  sql: string,
  type: Translated['type'],
  facts: Partial<Translated> = {},
): Translated {
  return {
    sql,
    type,
    affinity: 'none',
    collation: null,
    collates: false,
    atomic: false,
    narrow: false,
    magnitude: facts.narrow === true ? INTEGER_MAGNITUDE : BIGINT_MAGNITUDE,
    reach: UNBOUNDED,
    literal: null,
    column: null,
    ...facts,
  };
}

/** The SQL, in parentheses unless it needs none. */
export function inner(of: Translated): string {
  return of.atomic ? of.sql : `(${of.sql})`;
}

/** Of a number, as a double. */
export function reachOf({ type, magnitude, reach }: Translated): Reach {
  return type === 'bigint' ? reachOfIntegers(magnitude) : reach;
}

export function isNumber(of: Translated): boolean {
  return of.type === 'bigint' || of.type === 'double precision' || of.type === 'numeric';
}

export function literalPiece(literal: Literal): Translated {
  switch (literal.kind) {
    case 'null':
      return piece('NULL', 'null', { literal, atomic: true });
    case 'integer':
      return piece(literal.value.toString(), 'bigint', {
        literal,
        atomic: literal.value >= 0n,
        narrow: true,
        magnitude: distance(literal.value),
      });
    case 'real':
      return realPiece(literal);
    case 'text':
      if (literal.value.includes('\0')) throw new Unsure('a text with a NUL inside');
      return piece(quoteLiteral(literal.value), 'text', { literal, atomic: true });
    case 'blob':
      return piece(`'\\x${literal.hex}'::bytea`, 'bytea', { literal, atomic: true });
  }
}

/** Written out it is a decimal number to Postgres: the same one only while it has few digits. */
function realPiece(literal: Literal & { kind: 'real' }): Translated {
  const sql = doubleText(literal.value);
  if (sql.replace(/e.*|\D/g, '').length > 15 || !Number.isFinite(literal.value)) {
    throw new Unsure(`${sql} is a binary fraction, which Postgres would take for a decimal one`);
  }
  const reach = reachOfNumber(literal.value);
  return piece(sql, 'double precision', { literal, atomic: !sql.startsWith('-'), reach });
}

/** The literal that an expression is, signs and sums of integers included, or null. */
export function constantOf(expression: Expression): Literal | null {
  switch (expression.kind) {
    case 'null':
    case 'integer':
    case 'real':
    case 'text':
    case 'blob':
      return expression;
    case 'unary':
      return signedConstant(expression.operator, expression.operand);
    case 'binary':
      return computed(expression.operator, expression.left, expression.right);
    default:
      return null;
  }
}

function signedConstant(operator: string, operand: Expression): Literal | null {
  const constant = constantOf(operand);
  if (operator === '+') return constant;
  if (operator !== '-' || constant === null) return null;
  if (constant.kind === 'integer') return integerLiteral(-constant.value);
  if (constant.kind !== 'real') return null;
  // 2^63 has no positive integer, and is read as a REAL; with its sign it is one.
  if (constant.value === 2 ** 63 && operand.kind === 'real') {
    return { kind: 'integer', value: -(2n ** 63n) };
  }
  return { kind: 'real', value: -constant.value };
}

function computed(operator: string, left: Expression, right: Expression): Literal | null {
  const [a, b] = [constantOf(left), constantOf(right)];
  if (a?.kind === 'text' && b?.kind === 'text' && operator === '||') {
    return { kind: 'text', value: a.value + b.value };
  }
  if (a?.kind !== 'integer' || b?.kind !== 'integer') return null;
  if (operator === '+') return integerLiteral(a.value + b.value);
  if (operator === '-') return integerLiteral(a.value - b.value);
  return operator === '*' ? integerLiteral(a.value * b.value) : null;
}

function integerLiteral(value: bigint): Literal | null {
  return BigInt.asIntN(64, value) === value ? { kind: 'integer', value } : null;
}
