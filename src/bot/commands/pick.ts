import { chooseCard } from '../../game/fight/choose.js';
import { sideOf } from '../../game/fight/status.js';
import { chooseStatScreen } from '../../game/view/fight/choose.js';
import { deny, show } from '../replies.js';
import type { WriteCommand } from './command.js';
import { decide } from './decide.js';
import { isForAnother } from './not-yours.js';

/** A card is chosen. */
export const pick: WriteCommand<[{ fightId: string; playerCardId: bigint }]> = async (
  writing,
  { fightId, playerCardId },
) => {
  const { writes, ask, now } = writing;
  const userId = ask.who.user_id;
  const [fight, playerCard, cooldowns] = await Promise.all([
    writes.lockFight(fightId),
    writes.ownedCard(playerCardId),
    writes.cooldowns(userId),
  ]);
  if (fight === null) return deny(ask, { reason: 'noSuchFight' });
  if (isForAnother(ask, fight)) return deny(ask, { reason: 'notYourButtons' });
  const owner = playerCard?.user_id ?? userId;
  if (owner !== userId && sideOf(fight, userId) !== null && sideOf(fight, owner) !== null) {
    return deny(ask, { reason: 'notYourButtons' });
  }
  const cooldown = cooldowns.find(({ card_id }) => card_id === playerCard?.card_id) ?? null;
  const chosen = chooseCard({ fight, userId, playerCard, cooldown, now });
  if (!chosen.allowed) return deny(ask, chosen.refusal);
  if (chosen.isComplete) return decide(writing, { ...fight, ...chosen.fight });
  await writes.updateFight(fightId, chosen.fight);
  return show(ask, chooseStatScreen(ask.who, fightId, ask.language));
};
