import {
  closingOf,
  isName,
  isOperator,
  isWord,
  splitAtCommas,
  type Token,
  textBetween,
  tokenize,
} from '../tokens.js';

/** What the text of a CREATE INDEX says and no pragma does. */
export interface IndexText {
  /** SQL of each key in order, without COLLATE, ASC and DESC. */
  keys: string[];
  whereSql: string | null;
}

/** Reads the text that `sqlite_schema` keeps of an index; SQLite has checked its grammar. */
export function parseCreateIndex(sql: string): IndexText {
  const tokens = tokenize(sql);
  const on = tokens.findIndex((token) => isWord(token, 'ON'));
  const open = tokens.findIndex((token, i) => i > on && isOperator(token, '('));
  const close = closingOf(tokens, open);
  const keys = splitAtCommas(tokens.slice(open + 1, close)).map((key) => {
    const expression = withoutOrder(key);
    const [first] = expression;
    const last = expression.at(-1);
    return first === undefined || last === undefined ? '' : textBetween(sql, first, last);
  });
  const first = tokens[close + 2];
  const last = tokens.filter((token) => !isOperator(token, ';')).at(-1);
  const isPartial = isWord(tokens[close + 1], 'WHERE');
  return {
    keys,
    whereSql: isPartial && first && last ? textBetween(sql, first, last) : null,
  };
}

function withoutOrder(key: readonly Token[]): Token[] {
  const rest = [...key];
  if (isWord(rest.at(-2), 'NULLS')) rest.splice(-2);
  if (isWord(rest.at(-1), 'ASC', 'DESC')) rest.pop();
  if (isWord(rest.at(-2), 'COLLATE') && isName(rest.at(-1))) rest.splice(-2);
  return rest;
}
