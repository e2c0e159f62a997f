import { profileOf } from '../../game/profile.js';
import { type Rarity, rarityOf } from '../../game/rarity.js';
import { profileScreen } from '../../game/view/profile.js';
import type { OwnedCardRow } from '../../store/rows.js';
import { show } from '../replies.js';
import type { ReadCommand } from './command.js';

export const profile: ReadCommand = async ({ lookup, ask, now }) => {
  const { user_id } = ask.who;
  const [found, owned] = await Promise.all([lookup.profile(user_id), lookup.cards(user_id)]);
  if (found === null) return null;
  const { player, counts } = found;
  const cards = countsOf(owned);
  const rank = await lookup.rank(player.total_score ?? 0);
  const facts = { player, rank, fights: counts, cards, now };
  return show(ask, profileScreen(profileOf(facts), ask.language));
};

function countsOf(cards: readonly OwnedCardRow[]): Record<Rarity, number> {
  const counts = { normal: 0, epic: 0, legend: 0 };
  for (const card of cards) counts[rarityOf(card)] += 1;
  return counts;
}
