/** A text as a Postgres literal; `standard_conforming_strings` is on, as it is by default. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
