import { chooseStat } from '../../game/fight/choose.js';
import type { Stat } from '../../game/stat.js';
import { waitingScreen } from '../../game/view/fight/choose.js';
import { deny, show } from '../replies.js';
import type { WriteCommand } from './command.js';
import { decide } from './decide.js';
import { isForAnother } from './not-yours.js';

/** A stat is chosen. Who chooses last decides the fight, in the same transaction. */
export const stat: WriteCommand<[{ fightId: string; stat: Stat }]> = async (
  writing,
  { fightId, stat: wanted },
) => {
  const { writes, ask } = writing;
  const userId = ask.who.user_id;
  const fight = await writes.lockFight(fightId);
  if (fight === null) return deny(ask, { reason: 'noSuchFight' });
  if (isForAnother(ask, fight)) return deny(ask, { reason: 'notYourButtons' });
  const chosen = chooseStat({ fight, userId, stat: wanted });
  if (!chosen.allowed) return deny(ask, chosen.refusal);
  if (chosen.isComplete) return decide(writing, { ...fight, ...chosen.fight });
  await writes.updateFight(fightId, chosen.fight);
  const otherId = chosen.side === 'challenger' ? fight.opponent_id : fight.challenger_id;
  const other = (await writes.player(otherId)) ?? nameless(otherId);
  return show(ask, waitingScreen(ask.who, other, ask.language));
};

/** A player whose row somebody has removed. */
function nameless(userId: bigint) {
  return { user_id: userId, username: null, first_name: null };
}
