export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'blob' | 'operator';

/** A piece of SQL as SQLite's own tokenizer cuts it; comments and spaces are left out. */
export interface Token {
  kind: TokenKind;
  /** As written. */
  text: string;
  /** What it means: a name or a string without its quotes, the hex digits of a blob. */
  value: string;
  start: number;
  end: number;
}

/**
 * Cuts SQL into tokens.
 * https://www.sqlite.org/src/file/src/tokenize.c, `sqlite3GetToken`
 */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  PIECE.lastIndex = 0;
  for (;;) {
    const match = PIECE.exec(sql);
    if (match === null) return tokens;
    const kind = kindOf(match);
    if (kind === null) continue;
    const text = match[0];
    const start = match.index;
    tokens.push({ kind, text, value: meaningOf(kind, text), start, end: start + text.length });
  }
}

/** The token is this keyword, in any case, and not quoted. */
export function isWord(token: Token | undefined, ...words: string[]): boolean {
  return token?.kind === 'word' && words.includes(token.text.toUpperCase());
}

export function isOperator(token: Token | undefined, ...operators: string[]): boolean {
  return token?.kind === 'operator' && operators.includes(token.text);
}

/** The token names something: a word, or anything in any of SQLite's quotes. */
export function isName(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'quoted' || token?.kind === 'string';
}

/** The SQL between two tokens, with the comments and spaces inside it. */
export function textBetween(sql: string, first: Token, last: Token): string {
  return sql.slice(first.start, last.end);
}

/** Index of the `)` that closes the `(` at `open`, or the index behind the last token. */
export function closingOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    if (isOperator(tokens[i], '(')) depth++;
    else if (isOperator(tokens[i], ')') && --depth === 0) return i;
  }
  return tokens.length;
}

/** Splits at the commas that are in no parentheses. */
export function splitAtCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isOperator(token, '(')) depth++;
    else if (isOperator(token, ')')) depth--;
    if (depth === 0 && isOperator(token, ',')) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

// Order matters: comments before operators, blobs before words. Every character matches something.
const PIECE = new RegExp(
  [
    /(?<skip>[ \t\n\f\r\ufeff]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/,
    /(?<blob>[xX]'[0-9a-fA-F]*')/,
    /(?<string>'(?:[^']|'')*')/,
    /(?<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])/,
    /(?<number>0[xX][0-9a-fA-F_]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/,
    /(?<word>[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*)/,
    /(?<operator>->>|->|\|\||<<|>>|<=|>=|<>|!=|==|[\s\S])/,
  ]
    .map((piece) => piece.source)
    .join('|'),
  'g',
);

function kindOf(match: RegExpExecArray): TokenKind | null {
  const groups = match.groups ?? {};
  for (const kind of KINDS) if (groups[kind] !== undefined) return kind;
  return null;
}

const KINDS: readonly TokenKind[] = ['blob', 'string', 'quoted', 'number', 'word', 'operator'];

function meaningOf(kind: TokenKind, text: string): string {
  if (kind === 'blob') return text.slice(2, -1);
  if (kind !== 'string' && kind !== 'quoted') return text;
  const quote = text.charAt(0);
  const inner = text.slice(1, -1);
  return quote === '[' ? inner : inner.replaceAll(quote + quote, quote);
}
