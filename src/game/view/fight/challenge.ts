import { CHALLENGE_EXPIRES_MS } from '../../fight/open.js';
import { type Language, textsIn } from '../../texts/catalogue.js';
import { nameOf, type Who } from '../name.js';
import { keyboardButton, type Screen, screen } from '../screen.js';

/** A challenge that is open to everybody in the group. */
export function challengeScreen(
  challenger: Who,
  fightId: string,
  language: Language = 'fa',
): Screen {
  const texts = textsIn(language);
  return screen(
    texts,
    [
      texts.fight.challenge(nameOf(challenger, texts)),
      texts.fight.acceptWithin(CHALLENGE_EXPIRES_MS),
    ],
    [[keyboardButton(texts.buttons.accept, { kind: 'accept', fightId })]],
  );
}

/** What is left of it when somebody has accepted. */
export function acceptedScreen(challenger: Who, opponent: Who, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  return screen(texts, [
    texts.fight.accepted(nameOf(opponent, texts), nameOf(challenger, texts)),
    texts.fight.bothChoose,
  ]);
}

/** What is left of it when nobody has, in time. */
export function expiredScreen(challenger: Who, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  return screen(texts, [texts.fight.expired(nameOf(challenger, texts))]);
}
