import { CLAIM_EVERY_MS } from '../claim.js';
import { COMMANDS } from '../commands.js';
import { CHALLENGE_EXPIRES_MS } from '../fight/open.js';
import { HEARTS_A_DAY } from '../hearts.js';
import { type Language, textsIn } from '../texts/catalogue.js';
import { type Screen, screen } from './screen.js';

export function helpScreen(language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  const { help, commands } = texts;
  return screen(texts, [
    `<b>${help.title}</b>`,
    ...COMMANDS.map((command) => help.command(command, commands[command])),
    '',
    `<b>${help.rules}</b>`,
    help.claim(CLAIM_EVERY_MS),
    help.hearts(HEARTS_A_DAY),
    help.fight(CHALLENGE_EXPIRES_MS),
    help.total,
    help.score,
    help.rest,
  ]);
}
