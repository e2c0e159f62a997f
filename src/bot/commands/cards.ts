import { cardsScreen } from '../../game/view/cards.js';
import { deny, show } from '../replies.js';
import type { ReadCommand } from './command.js';

/** A player's own cards, a page of them. */
export const cards: ReadCommand<[{ ownerId: bigint; page: number }]> = async (
  { lookup, ask },
  { ownerId, page },
) => {
  if (ownerId !== ask.who.user_id) return deny(ask, { reason: 'notYourButtons' });
  const [profile, owned] = await Promise.all([lookup.profile(ownerId), lookup.cards(ownerId)]);
  if (profile === null) return null;
  const view = { owner: profile.player, cards: owned, page };
  return show(ask, cardsScreen(view, ask.language));
};
