import { quoteIdent } from './identifiers.js';

/** The schema that everything moves into. */
export const TARGET_SCHEMA = 'public';

/** A relation's name with its schema, quoted: means the same whatever the search path is. */
export function qualified(name: string): string {
  return `${quoteIdent(TARGET_SCHEMA)}.${quoteIdent(name)}`;
}
