const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** SQL of a text as a collation of SQLite sees it. */
export function folded(sql: string, collation: string): string {
  if (collation === 'NOCASE') return foldCase(sql);
  return collation === 'RTRIM' ? foldSpaces(sql) : sql;
}

/** SQL of a text as NOCASE sees it: the letters of ASCII, and no others, in lower case. */
function foldCase(sql: string): string {
  return `translate(${sql}, '${UPPER}', '${UPPER.toLowerCase()}')`;
}

/** SQL of a text as RTRIM sees it: without spaces at the end. */
function foldSpaces(sql: string): string {
  return `rtrim(${sql}, ' ')`;
}
