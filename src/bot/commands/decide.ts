import { type DecidedSide, decideFight, type Fighter } from '../../game/fight/decide.js';
import { isStat } from '../../game/stat.js';
import { resultScreen } from '../../game/view/fight/result.js';
import type { FightRow, PlayerRow } from '../../store/rows.js';
import type { Reply } from '../../store/store.js';
import type { Writes } from '../../store/writes.js';
import { deny, show } from '../replies.js';
import type { Writing } from './command.js';

/** Decides a fight in which both have chosen both, and stores all that follows from it. */
export async function decide({ writes, ask, now }: Writing, fight: FightRow): Promise<Reply[]> {
  const { fight_id, challenger_id, opponent_id } = fight;
  const players = await writes.lockPlayers([challenger_id, opponent_id]);
  const playerOf = (userId: bigint) => players.find(({ user_id }) => user_id === userId);
  const [challenger, opponent] = await Promise.all([
    fighterOf(writes, playerOf(challenger_id), fight.challenger_card_id, fight.challenger_stat),
    fighterOf(writes, playerOf(opponent_id), fight.opponent_card_id, fight.opponent_stat),
  ]);
  // A player or a card was removed from the database while they fought.
  if (challenger === null || opponent === null) return deny(ask, { reason: 'noSuchFight' });
  const decision = decideFight(challenger, opponent, now);
  await Promise.all([
    writes.updateFight(fight_id, { ...choicesOf(fight), ...decision.fight }),
    storeSide(writes, challenger, decision.challenger),
    storeSide(writes, opponent, decision.opponent),
  ]);
  return show(
    ask,
    resultScreen(
      { ...challenger, who: challenger.player, decided: decision.challenger },
      { ...opponent, who: opponent.player, decided: decision.opponent },
      ask.language,
    ),
  );
}

async function fighterOf(
  writes: Writes,
  player: PlayerRow | undefined,
  cardId: string | null,
  stat: string | null,
): Promise<Fighter | null> {
  if (player === undefined || cardId === null || !isStat(stat)) return null;
  const [card, cooldowns, setting] = await Promise.all([
    writes.card(cardId),
    writes.cooldowns(player.user_id),
    writes.cooldownSetting(cardId),
  ]);
  if (card === null) return null;
  const cooldown = cooldowns.find(({ card_id }) => card_id === cardId) ?? null;
  return { player, card, stat, cooldown, setting };
}

function choicesOf(fight: FightRow) {
  const { challenger_card_id, opponent_card_id, challenger_stat, opponent_stat } = fight;
  return { challenger_card_id, opponent_card_id, challenger_stat, opponent_stat };
}

async function storeSide(writes: Writes, { card }: Fighter, side: DecidedSide): Promise<void> {
  const { user_id, ...columns } = side.player;
  await Promise.all([
    writes.updatePlayer(user_id, columns),
    writes.raiseUsage(user_id, card.card_id),
    writes.addHistory(side.history),
    side.cooldown === null ? null : writes.setCooldown(side.cooldown),
  ]);
}
