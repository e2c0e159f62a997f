import type { OwnedCardRow } from '../store/rows.js';
import { rankOf, rarityOf } from './rarity.js';

/** A player's cards as they are shown: the strongest rarity first, in it favourites, then by age. */
export function inCardOrder(cards: readonly OwnedCardRow[]): OwnedCardRow[] {
  return [...cards].sort(
    (a, b) =>
      rankOf(rarityOf(b)) - rankOf(rarityOf(a)) ||
      Number(b.is_favorite === true) - Number(a.is_favorite === true) ||
      (a.id < b.id ? -1 : 1),
  );
}
