import { en } from './en.js';
import { fa, type Texts } from './fa.js';

export type { Texts } from './fa.js';

const CATALOGUE = { fa, en } satisfies Record<string, Texts>;

export type Language = keyof typeof CATALOGUE;

export const LANGUAGES = Object.keys(CATALOGUE) as Language[];

export function textsIn(language: Language): Texts {
  return CATALOGUE[language];
}
