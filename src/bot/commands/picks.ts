import { STATUS, sideOf } from '../../game/fight/status.js';
import type { Refusal } from '../../game/verdict.js';
import { chooseCardScreen } from '../../game/view/fight/choose.js';
import type { FightRow } from '../../store/rows.js';
import type { Ask } from '../classify.js';
import { deny, show } from '../replies.js';
import type { ReadCommand } from './command.js';
import { entrantOf } from './entrant.js';
import { isForAnother } from './not-yours.js';

/** Another page of the cards that a player can choose from. */
export const picks: ReadCommand<[{ fightId: string; page: number }]> = (
  { lookup, ask, now },
  { fightId, page },
) =>
  lookup.read(async (reads) => {
    const [fight, player] = await Promise.all([
      reads.fight(fightId),
      reads.player(ask.who.user_id),
    ]);
    const refusal = refusalOf(ask, fight);
    if (refusal !== null) return deny(ask, refusal);
    if (player === null) return null;
    const { ready } = await entrantOf(reads, player, now);
    return show(ask, chooseCardScreen({ fightId, who: player, cards: ready, page }, ask.language));
  });

function refusalOf(ask: Ask, fight: FightRow | null): Refusal | null {
  if (fight === null) return { reason: 'noSuchFight' };
  const side = sideOf(fight, ask.who.user_id);
  if (side === null) return { reason: 'notYourFight' };
  if (isForAnother(ask, fight)) return { reason: 'notYourButtons' };
  if (fight.status === STATUS.finished) return { reason: 'fightOver' };
  return fight[`${side}_card_id`] === null ? null : { reason: 'cardAlreadyChosen' };
}
