import { acceptFight } from '../../game/fight/accept.js';
import type { Refusal } from '../../game/verdict.js';
import { acceptedScreen, expiredScreen } from '../../game/view/fight/challenge.js';
import { chooseCardScreen } from '../../game/view/fight/choose.js';
import type { PlayerRow } from '../../store/rows.js';
import type { Reply } from '../../store/store.js';
import type { Ask } from '../classify.js';
import { deny, edit, say, show } from '../replies.js';
import type { WriteCommand } from './command.js';
import { entrantOf, storeHearts } from './entrant.js';
import { lockPlayers } from './lock-player.js';

/** Takes a challenge; then each side gets a message to choose a card in. */
export const accept: WriteCommand<[{ fightId: string }]> = async (
  { writes, ask, now },
  { fightId },
) => {
  const { language, who } = ask;
  const fight = await writes.lockFight(fightId);
  if (fight === null) return deny(ask, { reason: 'noSuchFight' });
  const { me, others } = await lockPlayers(writes, who, [fight.challenger_id], now);
  const challenger = fight.challenger_id === who.user_id ? me : others[0];
  // The challenger was removed from the database since.
  if (challenger === undefined) return deny(ask, { reason: 'noSuchFight' });
  const [{ entrant, ready }, challengers] = await Promise.all([
    entrantOf(writes, me, now),
    entrantOf(writes, challenger, now),
  ]);
  const accepted = acceptFight({ fight, opponent: entrant, now });
  if (!accepted.allowed) return denied(ask, accepted.refusal, challenger);
  await Promise.all([
    writes.updateFight(fightId, accepted.fight),
    storeHearts(writes, me, accepted.player),
  ]);
  const choose = (player: PlayerRow, cards: typeof ready) =>
    say(ask, chooseCardScreen({ fightId, who: player, cards, page: 1 }, language));
  return [
    ...show(ask, acceptedScreen(challenger, me, language)),
    choose(challenger, challengers.ready),
    choose(me, ready),
  ];
};

/** The button goes away with the time to press it. */
function denied(ask: Ask, refusal: Refusal, challenger: PlayerRow): Reply[] {
  const replies = deny(ask, refusal);
  if (refusal.reason !== 'fightExpired') return replies;
  return [...replies, edit(ask, expiredScreen(challenger, ask.language))];
}
