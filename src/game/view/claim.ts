import type { CardRow } from '../../store/rows.js';
import { CLAIM_EVERY_MS } from '../claim.js';
import { type Language, textsIn } from '../texts/catalogue.js';
import { cardLines } from './card-lines.js';
import { nameOf, type Who } from './name.js';
import { keyboardButton, type Screen, screen } from './screen.js';

/** A card that was just claimed. The text is short enough to stand below the card's picture. */
export function claimScreen(who: Who, card: CardRow, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  return screen(
    texts,
    [
      texts.claim.title(nameOf(who, texts)),
      '',
      ...cardLines(card, texts),
      '',
      texts.claim.next(CLAIM_EVERY_MS),
    ],
    [[keyboardButton(texts.buttons.cards, { kind: 'cards', ownerId: who.user_id, page: 1 })]],
  );
}
