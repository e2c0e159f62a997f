import { openFight } from '../../game/fight/open.js';
import { fightIdOf } from '../../game/random.js';
import { challengeScreen } from '../../game/view/fight/challenge.js';
import { deny, say } from '../replies.js';
import type { WriteCommand } from './command.js';
import { entrantOf, storeHearts } from './entrant.js';
import { lockPlayer } from './lock-player.js';

/** Opens a challenge to everybody in the group. */
export const fight: WriteCommand = async ({ writes, ask, now }) => {
  const player = await lockPlayer(writes, ask.who, now);
  const { entrant } = await entrantOf(writes, player, now);
  const opened = openFight({
    fightId: fightIdOf(ask.updateId),
    chatId: BigInt(ask.chatId),
    challenger: entrant,
    now,
  });
  if (!opened.allowed) return deny(ask, opened.refusal);
  await Promise.all([storeHearts(writes, player, opened.player), writes.addFight(opened.fight)]);
  return [say(ask, challengeScreen(player, opened.fight.fight_id, ask.language))];
};
