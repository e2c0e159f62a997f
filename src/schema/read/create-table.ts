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

/** What the text of a CREATE TABLE says and no pragma does. */
export interface TableText {
  /** In declared order. */
  columns: ColumnText[];
  checks: { name: string | null; sql: string }[];
  autoincrement: boolean;
  /** One entry per foreign key, in the order of the text: is it checked at commit? */
  foreignKeysDeferred: boolean[];
}

export interface ColumnText {
  name: string;
  /** As written behind the last COLLATE, null when there is none. */
  collation: string | null;
  /** SQL of the expression of a generated column, without the outer parentheses. */
  generatedSql: string | null;
}

/** Reads the text that `sqlite_schema` keeps of a table; SQLite has checked its grammar. */
export function parseCreateTable(sql: string): TableText {
  const tokens = tokenize(sql);
  const open = tokens.findIndex((token) => isOperator(token, '('));
  const found: TableText = {
    columns: [],
    checks: [],
    autoincrement: false,
    foreignKeysDeferred: [],
  };
  if (open === -1) return found;
  for (const item of splitAtCommas(tokens.slice(open + 1, closingOf(tokens, open)))) {
    const [first] = item;
    if (first === undefined) continue;
    if (isWord(first, 'CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN')) {
      readConstraints(sql, item, found, null);
      continue;
    }
    const column: ColumnText = { name: first.value, collation: null, generatedSql: null };
    found.columns.push(column);
    readConstraints(sql, item.slice(1), found, column);
  }
  return found;
}

function readConstraints(
  sql: string,
  item: readonly Token[],
  found: TableText,
  column: ColumnText | null,
): void {
  let name: string | null = null;
  for (let i = 0; i < item.length; i++) {
    const token = item[i];
    const next = item[i + 1];
    if (isOperator(token, '(')) {
      i = closingOf(item, i);
    } else if (isWord(token, 'CONSTRAINT') && isName(next)) {
      name = next.value;
      i++;
    } else if (isWord(token, 'CHECK', 'AS') && isOperator(next, '(')) {
      const close = closingOf(item, i + 1);
      const inside = insideOf(sql, item, i + 1, close);
      if (isWord(token, 'CHECK')) found.checks.push({ name, sql: inside });
      else if (column !== null) column.generatedSql = inside;
      name = null;
      i = close;
    } else if (isWord(token, 'COLLATE') && isName(next)) {
      if (column !== null) column.collation = next.value;
      i++;
    } else if (isWord(token, 'DEFAULT') && !isWord(item[i - 1], 'SET')) {
      // `DEFAULT abc` means the string: what follows is never a constraint.
      if (!isOperator(next, '(')) i++;
    } else if (isWord(token, 'AUTOINCREMENT')) {
      found.autoincrement = true;
    } else if (isWord(token, 'REFERENCES')) {
      found.foreignKeysDeferred.push(false);
      name = null;
      i++;
    } else if (isWord(token, 'DEFERRABLE')) {
      readDeferred(item, i, found);
    } else if (isWord(token, 'PRIMARY', 'UNIQUE', 'FOREIGN', 'NOT', 'NULL')) {
      name = null;
    }
  }
}

/** The clause belongs to the foreign key read last, as in SQLite. */
function readDeferred(item: readonly Token[], at: number, found: TableText): void {
  if (found.foreignKeysDeferred.length === 0) return;
  const isDeferred =
    !isWord(item[at - 1], 'NOT') &&
    isWord(item[at + 1], 'INITIALLY') &&
    isWord(item[at + 2], 'DEFERRED');
  found.foreignKeysDeferred[found.foreignKeysDeferred.length - 1] = isDeferred;
}

function insideOf(sql: string, tokens: readonly Token[], open: number, close: number): string {
  const first = tokens[open + 1];
  const last = tokens[close - 1];
  if (first === undefined || last === undefined || close <= open + 1) return '';
  return textBetween(sql, first, last);
}
