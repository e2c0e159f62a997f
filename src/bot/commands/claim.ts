import { claimCard, claimRemainingMs } from '../../game/claim.js';
import { createRandom } from '../../game/random.js';
import { type Rarity, rarityOf } from '../../game/rarity.js';
import { claimScreen } from '../../game/view/claim.js';
import type { Reads } from '../../store/reads.js';
import { deny, picture, say } from '../replies.js';
import type { WriteCommand } from './command.js';
import { lockPlayer } from './lock-player.js';

export const claim: WriteCommand = async ({ writes, ask, now }) => {
  const player = await lockPlayer(writes, ask.who, now);
  // Most who come too soon are told so without looking further.
  const isTooSoon = claimRemainingMs(player, now) > 0;
  const claimed = claimCard({
    player,
    notOwned: byRarity(isTooSoon ? [] : await writes.notOwned(player.user_id)),
    random: createRandom(ask.updateId, 'claim'),
    now,
  });
  if (!claimed.allowed) return deny(ask, claimed.refusal);
  const [card] = await Promise.all([
    writes.card(claimed.playerCard.card_id),
    writes.addPlayerCard(claimed.playerCard),
    writes.updatePlayer(player.user_id, claimed.player),
  ]);
  if (card === null) throw new Error('a card that can be claimed is not there');
  const screen = claimScreen(player, card, ask.language);
  return [card.image_path ? picture(ask, card.image_path, screen) : say(ask, screen)];
};

function byRarity(cards: Awaited<ReturnType<Reads['notOwned']>>): Record<Rarity, string[]> {
  const ids: Record<Rarity, string[]> = { normal: [], epic: [], legend: [] };
  for (const card of cards) ids[rarityOf(card)].push(card.cardId);
  return ids;
}
