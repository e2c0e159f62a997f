const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** SQL of a text as NOCASE sees it: the letters of ASCII, and no others, in lower case. */
export function foldCase(sql: string): string {
  return `translate(${sql}, '${UPPER}', '${UPPER.toLowerCase()}')`;
}

/** SQL of a text as RTRIM sees it: without spaces at the end. */
export function foldSpaces(sql: string): string {
  return `rtrim(${sql}, ' ')`;
}
