import { claimCard } from '../../src/game/claim.js';
import { acceptFight } from '../../src/game/fight/accept.js';
import { chooseStat } from '../../src/game/fight/choose.js';
import { decideFight, type Fighter } from '../../src/game/fight/decide.js';
import { createRandom } from '../../src/game/random.js';
import { RARITIES, type Rarity, rarityOf } from '../../src/game/rarity.js';
import type { Stat } from '../../src/game/stat.js';
import type { Now } from '../../src/game/time.js';
import type { FightRow } from '../../src/store/rows.js';
import type { Reply } from '../../src/store/store.js';
import type { Writes } from '../../src/store/writes.js';

/** Moves of the game, by its own rules, whose reply is one word. */
export type Effect = (writes: Writes) => Promise<Reply[]>;

export function claim(updateId: bigint, userId: bigint, now: Now): Effect {
  return async (writes) => {
    const [player] = await writes.lockPlayers([userId]);
    if (player === undefined) return word('nobody');
    const notOwned = Object.fromEntries(RARITIES.map((rarity) => [rarity, [] as string[]]));
    for (const { rarity, cardId } of await writes.notOwned(userId)) {
      notOwned[rarityOf({ rarity })]?.push(cardId);
    }
    const verdict = claimCard({
      player,
      notOwned: notOwned as Record<Rarity, string[]>,
      random: createRandom(updateId, 'claim'),
      now,
    });
    if (!verdict.allowed) return word(verdict.refusal.reason);
    await writes.addPlayerCard(verdict.playerCard);
    await writes.updatePlayer(userId, verdict.player);
    return word(verdict.playerCard.card_id);
  };
}

export function accept(fightId: string, userId: bigint, now: Now): Effect {
  return async (writes) => {
    const fight = await writes.lockFight(fightId);
    const [player] = await writes.lockPlayers([userId]);
    if (fight === null || player === undefined) return word('nothing');
    const cards = { owned: 1, ready: 1 };
    const verdict = acceptFight({ fight, opponent: { player, cards }, now });
    if (!verdict.allowed) return word(verdict.refusal.reason);
    await writes.updateFight(fightId, verdict.fight);
    await writes.updatePlayer(userId, verdict.player);
    return word('accepted');
  };
}

export function choose(fightId: string, userId: bigint, stat: Stat, now: Now): Effect {
  return async (writes) => {
    const fight = await writes.lockFight(fightId);
    if (fight === null) return word('nothing');
    const verdict = chooseStat({ fight, userId, stat });
    if (!verdict.allowed) return word(verdict.refusal.reason);
    await writes.updateFight(fightId, verdict.fight);
    if (!verdict.isComplete) return word('chosen');
    await decide(writes, { ...fight, ...verdict.fight }, now);
    return word('decided');
  };
}

async function decide(writes: Writes, fight: FightRow, now: Now): Promise<void> {
  await writes.lockPlayers([fight.challenger_id, fight.opponent_id]);
  const { challenger, opponent } = decideFight(
    await fighter(writes, fight, 'challenger'),
    await fighter(writes, fight, 'opponent'),
    now,
  );
  for (const { player, history } of [challenger, opponent]) {
    const { user_id, ...changes } = player;
    await writes.updatePlayer(user_id, changes);
    await writes.addHistory(history);
  }
}

async function fighter(
  writes: Writes,
  fight: FightRow,
  side: 'challenger' | 'opponent',
): Promise<Fighter> {
  const player = await writes.player(fight[`${side}_id`]);
  const card = await writes.card(fight[`${side}_card_id`] ?? '');
  if (player === null || card === null) throw new Error(`no ${side} in ${fight.fight_id}`);
  return { player, card, stat: fight[`${side}_stat`] as Stat, cooldown: null, setting: null };
}

function word(text: string): Reply[] {
  return [{ method: 'sendMessage', payload: { text } }];
}
