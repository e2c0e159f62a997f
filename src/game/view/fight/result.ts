import type { CardRow } from '../../../store/rows.js';
import { dialogOf } from '../../card-texts.js';
import type { DecidedSide } from '../../fight/decide.js';
import type { Stat } from '../../stat.js';
import { type Language, type Texts, textsIn } from '../../texts/catalogue.js';
import { cardTitle, dialogLines } from '../card-lines.js';
import { nameOf, type Who } from '../name.js';
import { type Screen, screen } from '../screen.js';

export interface ResultSide {
  who: Who;
  card: CardRow;
  stat: Stat;
  decided: Pick<DecidedSide, 'result' | 'total' | 'scoreGained' | 'heartsLost'>;
}

/** How a fight ended, for both players. */
export function resultScreen(
  challenger: ResultSide,
  opponent: ResultSide,
  language: Language = 'fa',
): Screen {
  const texts = textsIn(language);
  const sides = [challenger, opponent];
  const stats = [challenger.stat, opponent.stat];
  return screen(texts, [
    `<b>${texts.fight.over}</b>`,
    ...sides.flatMap((side) => ['', ...sideLines(side, stats, texts)]),
    '',
    ...winnerLines(sides, texts),
    ...sides.flatMap((side) => changeLines(side, texts)),
  ]);
}

function sideLines({ who, card, decided }: ResultSide, stats: Stat[], texts: Texts): string[] {
  const summands = stats.map((stat) => `${texts.stats[stat]} ${texts.number(card[stat])}`);
  return [
    texts.fight.side(nameOf(who, texts), cardTitle(card)),
    `${summands.join(' + ')} = <b>${texts.number(decided.total)}</b>`,
  ];
}

function winnerLines(sides: readonly ResultSide[], texts: Texts): string[] {
  const winner = sides.find(({ decided }) => decided.result === 'win');
  if (winner === undefined) return [texts.fight.tied];
  return [
    texts.fight.won(`<b>${nameOf(winner.who, texts)}</b>`),
    ...dialogLines(dialogOf(winner.card, 'win'), texts),
  ];
}

function changeLines({ who, decided }: ResultSide, texts: Texts): string[] {
  const name = nameOf(who, texts);
  return [
    ...(decided.scoreGained > 0 ? [texts.fight.gained(name, decided.scoreGained)] : []),
    ...(decided.heartsLost > 0 ? [texts.fight.lost(name, decided.heartsLost)] : []),
  ];
}
