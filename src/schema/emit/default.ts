import type { Cell } from '../cell.js';
import { strictConverterFor } from '../convert.js';
import { NO_COLUMNS } from '../expression/context.js';
import { fitExpression } from '../expression/fit.js';
import { nowOf } from '../expression/now.js';
import { parseExpression } from '../expression/parse.js';
import { translate } from '../expression/translate.js';
import { constantOf } from '../expression/translated.js';
import { type Expression, type Literal, Unsure } from '../expression/tree.js';
import { orReason } from '../expression.js';
import { quoteLiteral } from '../literals.js';
import type { Affinity, ColumnPlan } from '../model.js';
import { realText } from '../values/number-text.js';

/** A DEFAULT as Postgres SQL of the column's type; `NULL` when there is none to speak of. */
export function translateDefault(
  sql: string,
  column: ColumnPlan,
): { sql: string } | { reason: string } {
  return orReason(() => {
    const expression = parseExpression(sql);
    const constant = wordOf(expression) ?? constantOf(expression);
    if (constant !== null) return { sql: constantSql(constant, column) };
    const now = nowOf(expression, column);
    return { sql: now ?? fitExpression(translate(expression, NO_COLUMNS), column) };
  });
}

/** `DEFAULT abc` and `DEFAULT "abc"` mean the string, but for TRUE, FALSE and the time. */
function wordOf(expression: Expression): Literal | null {
  if (expression.kind !== 'name') return null;
  const { name, quotes } = expression;
  if (quotes === 'none' && /^current_(timestamp|date|time)$/i.test(name)) return null;
  if (/^(true|false)$/i.test(name) && quotes === 'none') {
    return { kind: 'integer', value: name.toLowerCase() === 'true' ? 1n : 0n };
  }
  return { kind: 'text', value: name };
}

/** The value that SQLite would store, in the form in which Postgres has it. */
function constantSql(literal: Literal, column: ColumnPlan): string {
  const cell = stored(literal, column.source.affinity);
  const text = strictConverterFor(column)(cell);
  if (text === null) return 'NULL';
  if (text === undefined) {
    throw new Unsure(`the default is ${cell.kind}, which ${column.type} cannot hold`);
  }
  switch (column.type) {
    case 'boolean':
      return text === 't' ? 'true' : 'false';
    case 'bigint':
    case 'numeric':
      return /^-?[\d.]+$/.test(text) ? text : `${quoteLiteral(text)}::${column.type}`;
    case 'double precision':
      return /^-?\d/.test(text) && text !== '-0' ? text : `${quoteLiteral(text)}::${column.type}`;
    case 'text':
      return quoteLiteral(text);
    default:
      return `${quoteLiteral(text)}::${column.type}`;
  }
}

function stored(literal: Literal, affinity: Affinity): Cell {
  switch (literal.kind) {
    case 'null':
      return { kind: 'null' };
    case 'blob':
      return { kind: 'blob', bytes: Buffer.from(literal.hex, 'hex') };
    case 'text':
      if (affinity !== 'text' && affinity !== 'blob') return numberOf(literal.value, affinity);
      return textCell(literal.value);
    case 'integer':
      if (affinity === 'text') return textCell(literal.value.toString());
      if (affinity === 'real') return { kind: 'real', value: Number(literal.value) };
      return { kind: 'integer', value: literal.value };
    case 'real':
      if (affinity === 'text') return textCell(shortRealText(literal.value));
      return numberCell(literal.value, affinity);
  }
}

function textCell(text: string): Cell {
  return { kind: 'text', bytes: Buffer.from(text) };
}

/** Text in a column of numbers: a number if it is one from end to end, else it stays text. */
function numberOf(text: string, affinity: Affinity): Cell {
  const trimmed = text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '');
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return textCell(text);
  if (affinity !== 'real' && /^[+-]?\d+$/.test(trimmed)) {
    const value = BigInt(trimmed.replace('+', ''));
    if (BigInt.asIntN(64, value) === value) return { kind: 'integer', value };
  }
  return numberCell(Number(trimmed), affinity);
}

function numberCell(value: number, affinity: Affinity): Cell {
  const isWhole = Number.isSafeInteger(value) && (affinity === 'integer' || affinity === 'numeric');
  return isWhole ? { kind: 'integer', value: BigInt(value) } : { kind: 'real', value };
}

/** SQLite writes no more than 15 digits. */
function shortRealText(value: number): string {
  const text = realText(value);
  if (text.replace(/e.*|\D/g, '').length > 15) throw new Unsure(`SQLite rounds ${text} as text`);
  return text;
}
