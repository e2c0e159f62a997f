import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Text in a style, if colours are wanted: whoever asks has looked at the terminal already. */
export function paint(style: Style, text: string, isWanted: boolean): string {
  return isWanted ? styleText(style, text, { validateStream: false }) : text;
}
