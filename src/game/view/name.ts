import type { PlayerRow } from '../../store/rows.js';
import type { Texts } from '../texts/catalogue.js';
import { isolate, oneLine, userHtml } from './html.js';

export type Who = Pick<PlayerRow, 'user_id' | 'username' | 'first_name'>;

const NAME_LENGTH_MAX = 32;

/** What a player is called, as HTML. */
export function nameOf({ first_name, username }: Who, texts: Texts): string {
  const name = [first_name, username].find((each) => oneLine(each ?? '') !== '');
  return userHtml(name ?? texts.nameless, NAME_LENGTH_MAX);
}

/** The same, as a link that tells the player: Telegram gives the bot back whom it names. */
export function mentionOf(who: Who, texts: Texts): string {
  return isolate(`<a href="tg://user?id=${who.user_id}">${nameOf(who, texts)}</a>`);
}
