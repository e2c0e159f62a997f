import type { OwnedCardRow } from '../../../store/rows.js';
import { inCardOrder } from '../../card-order.js';
import { STATS } from '../../stat.js';
import { type Language, textsIn } from '../../texts/catalogue.js';
import { cardLabel, STAT_SIGNS } from '../card-lines.js';
import { mentionOf, nameOf, type Who } from '../name.js';
import { pageButtons, pageLines, pageOf } from '../pages.js';
import { keyboardButton, type Screen, screen } from '../screen.js';

export interface CardChoiceView {
  fightId: string;
  /** Who is to choose. */
  who: Who;
  /** The cards that do not rest, in any order. */
  cards: readonly OwnedCardRow[];
  /** From 1. */
  page: number;
}

/** One player's message in the group: it names the player, and its buttons are that player's. */
export function chooseCardScreen(view: CardChoiceView, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  const { fightId, who, cards } = view;
  const mention = mentionOf(who, texts);
  if (cards.length === 0) return screen(texts, [texts.fight.everyCardResting(mention)]);
  const page = pageOf(inCardOrder(cards), view.page);
  return screen(
    texts,
    [texts.fight.pickCard(mention), ...pageLines(page, texts)],
    [
      ...page.items.map((card) => [
        keyboardButton(cardLabel(card, texts), { kind: 'pick', fightId, playerCardId: card.id }),
      ]),
      pageButtons(page, texts, (to) => ({ kind: 'picks', fightId, page: to })),
    ],
  );
}

/** Then the stat. The card is not shown again: the other player reads along. */
export function chooseStatScreen(who: Who, fightId: string, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  const buttons = STATS.map((stat) =>
    keyboardButton(`${STAT_SIGNS[stat]} ${texts.stats[stat]}`, { kind: 'stat', fightId, stat }),
  );
  return screen(
    texts,
    [texts.fight.pickStat(mentionOf(who, texts))],
    [buttons.slice(0, 2), buttons.slice(2)],
  );
}

/** Then nothing, until the other player has chosen both as well. */
export function waitingScreen(who: Who, other: Who, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  return screen(texts, [
    texts.fight.chosen(nameOf(who, texts)),
    texts.fight.waitingFor(nameOf(other, texts)),
  ]);
}
