import { en } from './en.js';
import { fa } from './fa.js';

/** What every language has; Persian comes first, and the others have the same keys. */
export type Texts = typeof fa;

const CATALOGUE = { fa, en } satisfies Record<string, Texts>;

export type Language = keyof typeof CATALOGUE;

export const LANGUAGES = Object.keys(CATALOGUE) as Language[];

export function textsIn(language: Language): Texts {
  return CATALOGUE[language];
}
