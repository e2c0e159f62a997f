import { type Language, textsIn } from '../texts/catalogue.js';
import type { Refusal } from '../verdict.js';
import { type Screen, screen } from './screen.js';

/** Why a command was refused. */
export function refusedScreen(refusal: Refusal, language: Language = 'fa'): Screen {
  return screen(textsIn(language), [refusalText(refusal, language)]);
}

/** The same as plain text of at most 200 characters: the alert that answers a button. */
export function refusalText(refusal: Refusal, language: Language = 'fa'): string {
  const textOf = textsIn(language).refusals[refusal.reason] as (refusal: Refusal) => string;
  return textOf(refusal);
}
