/** One part of a name: quoted like an SQL identifier, or free of dots and quotes. */
const PART = /"((?:[^"]|"")+)"|([^".]+)/y;

/**
 * Splits `table.column`. A part that holds a dot or a quote is written in double quotes:
 * `"my table"."a.b"`.
 *
 * @returns undefined when it is not exactly a table and a column
 */
export function parseColumnName(text: string): { table: string; column: string } | undefined {
  const table = partAt(text, 0);
  if (table === undefined || text[table.end] !== '.') return undefined;
  const column = partAt(text, table.end + 1);
  if (column === undefined || column.end !== text.length) return undefined;
  return { table: table.name, column: column.name };
}

function partAt(text: string, start: number): { name: string; end: number } | undefined {
  PART.lastIndex = start;
  const match = PART.exec(text);
  if (match === null) return undefined;
  const name = match[1]?.replaceAll('""', '"') ?? match[2]?.trim() ?? '';
  return name === '' ? undefined : { name, end: PART.lastIndex };
}
