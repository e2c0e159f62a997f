import type { Button } from '../buttons.js';
import type { Texts } from '../texts/catalogue.js';
import { type KeyboardButton, keyboardButton } from './screen.js';

const CARDS_A_PAGE = 6;

export interface Page<T> {
  items: T[];
  /** From 1. */
  page: number;
  ofPages: number;
}

/** The page that was asked for, or the last one when there are no longer so many. */
export function pageOf<T>(items: readonly T[], wanted: number): Page<T> {
  const ofPages = Math.max(1, Math.ceil(items.length / CARDS_A_PAGE));
  const page = Math.min(Math.max(1, wanted), ofPages);
  return { items: items.slice((page - 1) * CARDS_A_PAGE, page * CARDS_A_PAGE), page, ofPages };
}

/** The way to the pages beside this one. */
export function pageButtons(
  { page, ofPages }: Page<unknown>,
  texts: Texts,
  buttonTo: (page: number) => Button,
): KeyboardButton[] {
  const { previous, next } = texts.buttons;
  return [
    ...(page > 1 ? [keyboardButton(previous, buttonTo(page - 1))] : []),
    ...(page < ofPages ? [keyboardButton(next, buttonTo(page + 1))] : []),
  ];
}

/** Which page this is; nothing when it is the only one. */
export function pageLines({ page, ofPages }: Page<unknown>, texts: Texts): string[] {
  return ofPages === 1 ? [] : ['', texts.cards.page(page, ofPages)];
}
