import { affinityOf } from '../affinity.js';
import { translateArithmetic, translateConcat, translateSign } from './arithmetic.js';
import { translateCall } from './call.js';
import { comparison, distinctness, membership } from './comparison.js';
import { conditionOf } from './condition.js';
import { checkKind, columnPiece, type ExpressionContext } from './context.js';
import { translateMatch } from './match.js';
import { constantOf, inner, literalPiece, piece, reachOf, type Translated } from './translated.js';
import { type Expression, Unsure } from './tree.js';
import { asText, unify } from './unify.js';

/** @throws Unsure when the result might differ */
export function translate(expression: Expression, context: ExpressionContext): Translated {
  const constant = constantOf(expression);
  if (constant !== null) return literalPiece(constant);
  const part = (of: Expression) => translate(of, context);
  switch (expression.kind) {
    case 'name':
      return translateName(expression, context);
    case 'unary':
      if (expression.operator !== 'NOT') {
        return translateSign(expression.operator, uncollated(part(expression.operand)));
      }
      return piece(`NOT ${inner(conditionOf(part(expression.operand)))}`, 'boolean');
    case 'binary':
      return translateBinary(expression.operator, expression.left, expression.right, part);
    case 'is':
      return translateIs(expression, part);
    case 'in':
      return membership(
        kept(part(expression.operand)),
        expression.list.map((each) => kept(part(each))),
        expression.negated,
      );
    case 'between': {
      const operand = kept(part(expression.operand));
      const low = comparison('>=', operand, kept(part(expression.low)));
      const high = comparison('<=', operand, kept(part(expression.high)));
      const both = piece(`${low.sql} AND ${high.sql}`, 'boolean');
      return expression.negated ? piece(`NOT (${both.sql})`, 'boolean') : both;
    }
    case 'match':
      return translateMatch(expression, (of) => kept(part(of)));
    case 'case':
      return translateCase(expression, part);
    case 'cast':
      return translateCast(uncollated(part(expression.operand)), expression.declaredType);
    case 'collate':
      return {
        ...kept(part(expression.operand)),
        collation: expression.collation,
        collates: true,
      };
    case 'call':
      return translateCall(expression.name, expression.args, (of) => uncollated(part(of)));
    default:
      throw new Unsure('not understood');
  }
}

function kept(value: Translated): Translated {
  checkKind(value);
  return value;
}

/** A COLLATE inside an operand governs comparisons further out, by rules of its own. */
function uncollated(value: Translated): Translated {
  if (value.collates) throw new Unsure('COLLATE inside an expression');
  return kept(value);
}

function translateName(
  { name, quotes }: Expression & { kind: 'name' },
  context: ExpressionContext,
): Translated {
  const column = context.column(name);
  if (column !== undefined) return columnPiece(column, context);
  // SQLite takes a name in double quotes that is no column for a string.
  if (quotes === 'double') return literalPiece({ kind: 'text', value: name });
  if (quotes === 'none' && /^(true|false)$/i.test(name)) {
    return literalPiece({ kind: 'integer', value: name.toLowerCase() === 'true' ? 1n : 0n });
  }
  throw new Unsure(/^current_/i.test(name) ? `${name} changes with time` : `no column ${name}`);
}

function translateBinary(
  operator: string,
  left: Expression,
  right: Expression,
  part: (of: Expression) => Translated,
): Translated {
  if (operator === 'AND' || operator === 'OR') {
    const sides = [left, right].map((side) => inner(conditionOf(part(side))));
    return piece(sides.join(` ${operator} `), 'boolean');
  }
  const [a, b] = [kept(part(left)), kept(part(right))];
  if (operator === '||') return translateConcat(uncollated(a), uncollated(b));
  if (/^([<>]=?|<>|!=|==?)$/.test(operator)) {
    return comparison(operator === '==' ? '=' : operator === '!=' ? '<>' : operator, a, b);
  }
  return translateArithmetic(operator, a, b);
}

function translateIs(
  { left, right, negated }: Expression & { kind: 'is' },
  part: (of: Expression) => Translated,
): Translated {
  const not = negated ? 'NOT ' : '';
  const value = part(left);
  if (right.kind === 'null') return piece(`${inner(value)} IS ${not}NULL`, 'boolean');
  const isTruth =
    right.kind === 'name' && right.quotes === 'none' && /^(true|false)$/i.test(right.name);
  if (isTruth && part(right).literal !== null) {
    return piece(`${inner(conditionOf(value))} IS ${not}${right.name.toUpperCase()}`, 'boolean');
  }
  return distinctness(kept(value), kept(part(right)), negated);
}

function translateCase(
  { operand, branches, otherwise }: Expression & { kind: 'case' },
  part: (of: Expression) => Translated,
): Translated {
  const tested = operand === null ? null : kept(part(operand));
  const conditions = branches.map(({ when }) =>
    tested === null ? conditionOf(part(when)) : comparison('=', tested, kept(part(when))),
  );
  const results = [...branches.map(({ result }) => result), ...(otherwise ? [otherwise] : [])];
  const { values, type, ...range } = unify(results.map((each) => uncollated(part(each))));
  const whens = conditions.map((condition, i) => ` WHEN ${condition.sql} THEN ${values[i]}`);
  const last = otherwise === null ? '' : ` ELSE ${values.at(-1)}`;
  return piece(`CASE${whens.join('')}${last} END`, type, range);
}

function translateCast(value: Translated, declaredType: string): Translated {
  const affinity = affinityOf(declaredType);
  const facts = { affinity, atomic: true } as const;
  if (affinity === 'text') return { ...asText(value), affinity };
  if (affinity === 'integer' && value.type === 'bigint') return { ...value, affinity };
  if (affinity === 'integer' && value.type === 'boolean') {
    return piece(`${inner(value)}::integer`, 'bigint', { ...facts, narrow: true, magnitude: 1n });
  }
  if (affinity === 'real' && value.type === 'double precision' && isReal(value)) {
    return { ...value, affinity };
  }
  if (affinity === 'real' && (value.type === 'bigint' || value.type === 'double precision')) {
    const sql = `${inner(value)}::double precision`;
    return piece(sql, 'double precision', { ...facts, reach: reachOf(value) });
  }
  throw new Unsure(`CAST of ${value.type} AS ${declaredType} has rules of its own in SQLite`);
}

function isReal({ column, literal }: Translated): boolean {
  return literal === null && (column === null || column.source.affinity === 'real');
}
