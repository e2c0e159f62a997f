/** From the weakest to the strongest. */
export const RARITIES = ['normal', 'epic', 'legend'] as const;

export type Rarity = (typeof RARITIES)[number];

/** The rarity that a card's row names. The column is free text: an unknown word is `normal`. */
export function rarityOf(card: { rarity: string }): Rarity {
  return RARITIES.find((rarity) => rarity === card.rarity) ?? 'normal';
}

/** How strong a rarity is: 0 normal, 1 epic, 2 legend. */
export function rankOf(rarity: Rarity): number {
  return RARITIES.indexOf(rarity);
}
