import { type Language, textsIn } from '../texts/catalogue.js';
import { nameOf, type Who } from './name.js';
import { keyboardButton, type Screen, screen } from './screen.js';

export function startScreen(who: Who, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  const { welcome, about, claim, fight, help } = texts.start;
  return screen(
    texts,
    [welcome(nameOf(who, texts)), about, '', claim, fight, help],
    [
      [
        keyboardButton(texts.buttons.cards, { kind: 'cards', ownerId: who.user_id, page: 1 }),
        keyboardButton(texts.buttons.leaderboard, { kind: 'top', window: 'all' }),
      ],
    ],
  );
}
