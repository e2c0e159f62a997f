import { type Button, buttonData } from '../buttons.js';
import type { Texts } from '../texts/catalogue.js';

/** What a player sees: HTML as Telegram's `parse_mode` takes it, and the buttons below, by row. */
export interface Screen {
  text: string;
  keyboard: KeyboardButton[][];
}

export interface KeyboardButton {
  /** Plain text. */
  text: string;
  data: string;
}

/** Telegram cuts a message there, counted after its entities are parsed; we count before. */
export const MESSAGE_LENGTH_MAX = 4096;
/** The same for the text below a picture. */
export const CAPTION_LENGTH_MAX = 1024;

/** Lines of HTML, of which empty ones are gaps; rows without a button are left out. */
export function screen(
  texts: Texts,
  lines: readonly string[],
  keyboard: KeyboardButton[][] = [],
): Screen {
  const marked = lines.map((line) => (line === '' ? '' : `${texts.directionMark}${line}`));
  return { text: marked.join('\n'), keyboard: keyboard.filter((row) => row.length > 0) };
}

export function keyboardButton(text: string, button: Button): KeyboardButton {
  return { text, data: buttonData(button) };
}
