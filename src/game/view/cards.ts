import type { OwnedCardRow } from '../../store/rows.js';
import { inCardOrder } from '../card-order.js';
import { RARITIES, type Rarity, rarityOf } from '../rarity.js';
import { type Language, type Texts, textsIn } from '../texts/catalogue.js';
import { cardTitle, rarityCounts, statSigns } from './card-lines.js';
import { nameOf, type Who } from './name.js';
import { pageButtons, pageLines, pageOf } from './pages.js';
import { type Screen, screen } from './screen.js';

export interface CardsView {
  owner: Who;
  /** All of them, in any order. */
  cards: readonly OwnedCardRow[];
  /** From 1. */
  page: number;
}

export function cardsScreen(view: CardsView, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  const { owner, cards } = view;
  const name = nameOf(owner, texts);
  if (cards.length === 0) return screen(texts, [texts.cards.none(name)]);
  const page = pageOf(inCardOrder(cards), view.page);
  return screen(
    texts,
    [
      `<b>${texts.cards.title(name, cards.length)}</b>`,
      rarityCounts(countsOf(cards), texts),
      ...page.items.flatMap((card) => ['', ...linesOf(card, texts)]),
      ...pageLines(page, texts),
    ],
    [pageButtons(page, texts, (to) => ({ kind: 'cards', ownerId: owner.user_id, page: to }))],
  );
}

function linesOf(card: OwnedCardRow, texts: Texts): string[] {
  const favourite = card.is_favorite === true ? ' ⭐️' : '';
  return [`${cardTitle(card)}${favourite}`, statSigns(card, texts)];
}

function countsOf(cards: readonly OwnedCardRow[]): Record<Rarity, number> {
  const [normal, epic, legend] = RARITIES.map(
    (rarity) => cards.filter((card) => rarityOf(card) === rarity).length,
  ) as [number, number, number];
  return { normal, epic, legend };
}
