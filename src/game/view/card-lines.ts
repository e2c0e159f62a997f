import type { CardRow } from '../../store/rows.js';
import { abilitiesOf, dialogOf } from '../card-texts.js';
import { RARITIES, type Rarity, rarityOf } from '../rarity.js';
import { STATS, type Stat } from '../stat.js';
import type { Texts } from '../texts/catalogue.js';
import { oneLine, userHtml, userLabel } from './html.js';

const RARITY_SIGNS: Readonly<Record<Rarity, string>> = {
  normal: '⚪️',
  epic: '🟣',
  legend: '🟡',
};

export const STAT_SIGNS: Readonly<Record<Stat, string>> = {
  power: '💪',
  speed: '⚡️',
  iq: '🧠',
  popularity: '💖',
};

const NAME_LENGTH_MAX = 40;
const LABEL_LENGTH_MAX = 20;
const ABILITIES_MAX = 5;
const ABILITY_LENGTH_MAX = 36;
const DIALOG_LENGTH_MAX = 120;
const BIOGRAPHY_LENGTH_MAX = 320;

type Face = Pick<CardRow, 'name' | 'rarity' | Stat>;

/** A card's rarity and name, as HTML. */
export function cardTitle(card: Pick<CardRow, 'name' | 'rarity'>): string {
  return `${RARITY_SIGNS[rarityOf(card)]} <b>${userHtml(card.name, NAME_LENGTH_MAX)}</b>`;
}

/** The four stats on one line, by their signs. */
export function statSigns(card: Face, texts: Texts): string {
  return STATS.map((stat) => `${STAT_SIGNS[stat]} ${texts.number(card[stat])}`).join('  ');
}

/** A card for the label of a button. */
export function cardLabel(card: Face, texts: Texts): string {
  const stats = STATS.map((stat) => `${STAT_SIGNS[stat]}${texts.number(card[stat])}`).join(' ');
  const name = userLabel(card.name, LABEL_LENGTH_MAX);
  return `${texts.directionMark}${RARITY_SIGNS[rarityOf(card)]} ${name} ${stats}`;
}

/** All that a card has to tell, line by line; short enough to stand below its picture. */
export function cardLines(card: CardRow, texts: Texts): string[] {
  return [
    `${cardTitle(card)} · ${texts.rarities[rarityOf(card)]}`,
    ...STATS.map((stat) => `${STAT_SIGNS[stat]} ${texts.stats[stat]}: ${texts.number(card[stat])}`),
    ...abilityLines(card, texts),
    ...dialogLines(dialogOf(card), texts),
    ...biographyLines(card),
  ];
}

/** How many cards there are of each rarity, the strongest first. */
export function rarityCounts(counts: Readonly<Record<Rarity, number>>, texts: Texts): string {
  return RARITIES.toReversed()
    .map((rarity) => {
      return `${RARITY_SIGNS[rarity]} ${texts.rarities[rarity]}: ${texts.number(counts[rarity])}`;
    })
    .join(' · ');
}

/** What a card says, if anything. */
export function dialogLines(said: string | null, texts: Texts): string[] {
  return said === null ? [] : [texts.card.dialog(userHtml(said, DIALOG_LENGTH_MAX))];
}

function abilityLines(card: CardRow, texts: Texts): string[] {
  const abilities = abilitiesOf(card)
    .slice(0, ABILITIES_MAX)
    .map((ability) => userHtml(ability, ABILITY_LENGTH_MAX));
  return abilities.length === 0 ? [] : [texts.card.abilities(abilities.join(texts.listSeparator))];
}

function biographyLines({ biography }: CardRow): string[] {
  if (biography === null || oneLine(biography) === '') return [];
  return ['', `<i>${userHtml(biography, BIOGRAPHY_LENGTH_MAX)}</i>`];
}
