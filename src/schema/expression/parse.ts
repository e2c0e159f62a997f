import { isName, isOperator, isWord, type Token, tokenize } from '../tokens.js';
import { type Expression, type Literal, Unsure } from './tree.js';

/**
 * Parses an expression by SQLite's own precedence.
 * https://www.sqlite.org/lang_expr.html, section 2
 *
 * @throws Unsure for what no translation is known of: subqueries, parameters, window functions
 */
export function parseExpression(sql: string): Expression {
  const parser = new Parser(tokenize(sql));
  const expression = parser.expression(0);
  parser.expectEnd();
  return expression;
}

const OR = 1;
const AND = 2;
const NOT = 3;
const EQUALITY = 4;
const COMPARISON = 5;
const BITS = 7;
const SIGN = 12;
const COLLATE = 11;

const BINARY: Record<string, number> = {
  '=': EQUALITY,
  '==': EQUALITY,
  '<>': EQUALITY,
  '!=': EQUALITY,
  '<': COMPARISON,
  '<=': COMPARISON,
  '>': COMPARISON,
  '>=': COMPARISON,
  '&': BITS,
  '|': BITS,
  '<<': BITS,
  '>>': BITS,
  '+': 8,
  '-': 8,
  '*': 9,
  '/': 9,
  '%': 9,
  '||': 10,
};

class Parser {
  #at = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  expectEnd(): void {
    const token = this.#peek();
    if (token !== undefined) throw new Unsure(`${token.text} is not understood here`);
  }

  /** Reads operators that bind at least as tightly as `least`. */
  expression(least: number): Expression {
    let left = this.#prefix();
    for (;;) {
      const next = this.#suffix(left, least);
      if (next === null) return left;
      left = next;
    }
  }

  #prefix(): Expression {
    const token = this.#next();
    if (isWord(token, 'NOT')) {
      return { kind: 'unary', operator: 'NOT', operand: this.expression(NOT) };
    }
    if (isOperator(token, '-', '+', '~')) {
      const operator = token.text as '-' | '+' | '~';
      return { kind: 'unary', operator, operand: this.expression(SIGN) };
    }
    if (isOperator(token, '(')) {
      const inner = this.expression(0);
      this.#expectOperator(')');
      return inner;
    }
    if (isWord(token, 'CASE')) return this.#case();
    if (isWord(token, 'CAST')) return this.#cast();
    if (isWord(token, 'SELECT', 'EXISTS', 'RAISE', 'WITH')) {
      throw new Unsure(`${token.text.toUpperCase()} is not translated`);
    }
    return this.#literal(token) ?? this.#nameOrCall(token);
  }

  #literal(token: Token): Literal | null {
    if (token.kind === 'string') return { kind: 'text', value: token.value };
    if (token.kind === 'blob') return { kind: 'blob', hex: token.value.toLowerCase() };
    if (token.kind === 'number') return numberLiteral(token.text);
    return isWord(token, 'NULL') ? { kind: 'null' } : null;
  }

  #nameOrCall(token: Token): Expression {
    if (!isName(token)) throw new Unsure('an expression is missing');
    if (isOperator(this.#peek(), '(')) {
      this.#at++;
      return { kind: 'call', name: token.value.toLowerCase(), args: this.#list() };
    }
    if (isOperator(this.#peek(), '.')) {
      this.#at++;
      return this.#nameOrCall(this.#next());
    }
    const quotes = token.kind === 'word' ? 'none' : token.text.startsWith('"') ? 'double' : 'other';
    return { kind: 'name', name: token.value, quotes };
  }

  /** Up to and with the closing parenthesis. */
  #list(): Expression[] {
    const list: Expression[] = [];
    if (this.#skipOperator(')')) return list;
    do {
      list.push(this.expression(0));
    } while (this.#skipOperator(','));
    this.#expectOperator(')');
    return list;
  }

  #case(): Expression {
    const operand = isWord(this.#peek(), 'WHEN') ? null : this.expression(0);
    const branches: { when: Expression; result: Expression }[] = [];
    while (this.#skipWord('WHEN')) {
      const when = this.expression(0);
      this.#expectWord('THEN');
      branches.push({ when, result: this.expression(0) });
    }
    const otherwise = this.#skipWord('ELSE') ? this.expression(0) : null;
    this.#expectWord('END');
    return { kind: 'case', operand, branches, otherwise };
  }

  #cast(): Expression {
    this.#expectOperator('(');
    const operand = this.expression(0);
    this.#expectWord('AS');
    const words: string[] = [];
    while (!this.#skipOperator(')')) words.push(this.#next().value);
    return { kind: 'cast', operand, declaredType: words.join(' ') };
  }

  #suffix(left: Expression, least: number): Expression | null {
    const token = this.#peek();
    if (token === undefined) return null;
    if (token.kind === 'operator') return this.#operator(left, token.text, least);
    if (isWord(token, 'AND', 'OR')) {
      const power = isWord(token, 'OR') ? OR : AND;
      if (power < least) return null;
      this.#at++;
      const operator = token.text.toUpperCase();
      return { kind: 'binary', operator, left, right: this.expression(power + 1) };
    }
    if (isWord(token, 'COLLATE')) {
      if (COLLATE < least) return null;
      this.#at++;
      const collation = this.#next().value.toUpperCase();
      return { kind: 'collate', operand: left, collation };
    }
    return EQUALITY < least ? null : this.#test(left);
  }

  #operator(left: Expression, operator: string, least: number): Expression | null {
    const power = BINARY[operator];
    if (power === undefined || power < least) return null;
    this.#at++;
    return { kind: 'binary', operator, left, right: this.expression(power + 1) };
  }

  #test(left: Expression): Expression | null {
    if (this.#skipWord('ISNULL')) return { kind: 'is', negated: false, left, right: NULL };
    if (this.#skipWord('NOTNULL')) return { kind: 'is', negated: true, left, right: NULL };
    if (this.#skipWord('IS')) return this.#is(left);
    const negated = this.#skipWord('NOT');
    if (negated && this.#skipWord('NULL')) return { kind: 'is', negated, left, right: NULL };
    if (this.#skipWord('BETWEEN')) {
      const low = this.expression(COMPARISON);
      this.#expectWord('AND');
      return { kind: 'between', negated, operand: left, low, high: this.expression(COMPARISON) };
    }
    if (this.#skipWord('IN')) {
      this.#expectOperator('(');
      return { kind: 'in', negated, operand: left, list: this.#list() };
    }
    for (const operator of ['LIKE', 'GLOB'] as const) {
      if (!this.#skipWord(operator)) continue;
      const pattern = this.expression(COMPARISON);
      const escapedBy = this.#skipWord('ESCAPE') ? this.expression(BITS) : null;
      return { kind: 'match', operator, negated, operand: left, pattern, escapedBy };
    }
    return null;
  }

  #is(left: Expression): Expression {
    const isNot = this.#skipWord('NOT');
    if (!this.#skipWord('DISTINCT')) {
      return { kind: 'is', negated: isNot, left, right: this.expression(COMPARISON) };
    }
    this.#expectWord('FROM');
    return { kind: 'is', negated: !isNot, left, right: this.expression(COMPARISON) };
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new Unsure('the expression ends early');
    return token;
  }

  #skipWord(word: string): boolean {
    if (!isWord(this.#peek(), word)) return false;
    this.#at++;
    return true;
  }

  #skipOperator(operator: string): boolean {
    if (!isOperator(this.#peek(), operator)) return false;
    this.#at++;
    return true;
  }

  #expectWord(word: string): void {
    if (!this.#skipWord(word)) throw new Unsure(`${word} is missing`);
  }

  #expectOperator(operator: string): void {
    if (this.#skipOperator(operator)) return;
    throw new Unsure(`${operator} is missing`);
  }
}

const NULL: Literal = { kind: 'null' };

/** An integer that needs more than 64 bits is a REAL, in SQLite and here. */
function numberLiteral(text: string): Literal {
  const digits = text.replaceAll('_', '');
  if (/^0x/i.test(digits)) return { kind: 'integer', value: BigInt.asIntN(64, BigInt(digits)) };
  if (/[.e]/i.test(digits)) return { kind: 'real', value: Number(digits) };
  const value = BigInt(digits);
  return value < 2n ** 63n ? { kind: 'integer', value } : { kind: 'real', value: Number(digits) };
}
