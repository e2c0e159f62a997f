import type { LeaderboardRow } from '../../store/rows.js';
import { WINDOWS, type Window } from '../leaderboard.js';
import { type Language, type Texts, textsIn } from '../texts/catalogue.js';
import { nameOf } from './name.js';
import { keyboardButton, type Screen, screen } from './screen.js';

export interface LeaderboardView {
  window: Window;
  /** The best first. */
  rows: readonly LeaderboardRow[];
}

const MEDALS = ['🥇', '🥈', '🥉'];

export function leaderboardScreen(view: LeaderboardView, language: Language = 'fa'): Screen {
  const texts = textsIn(language);
  const rows = view.rows.map((row, i) =>
    texts.leaderboard.row(placeOf(i, texts), nameOf(row, texts), row.score, row.cards),
  );
  return screen(
    texts,
    [
      `<b>${texts.leaderboard.title(texts.windows[view.window])}</b>`,
      '',
      ...(rows.length === 0 ? [texts.leaderboard.none] : rows),
    ],
    [
      WINDOWS.map((window) =>
        keyboardButton(labelOf(window, view.window, texts), { kind: 'top', window }),
      ),
    ],
  );
}

function placeOf(index: number, texts: Texts): string {
  return MEDALS[index] ?? `${texts.number(index + 1)}.`;
}

function labelOf(window: Window, shown: Window, texts: Texts): string {
  return window === shown ? `• ${texts.windows[window]} •` : texts.windows[window];
}
