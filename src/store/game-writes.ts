import type { Executor } from './executor.js';
import type { Reads } from './reads.js';
import { setCooldown } from './tables/cooldowns.js';
import { addFight, lockFight, updateFight } from './tables/fights.js';
import { addHistory } from './tables/history.js';
import { addPlayerCard, raiseUsage } from './tables/player-cards.js';
import { addPlayer, lockPlayers, updatePlayer } from './tables/players.js';
import type { Writes } from './writes.js';

/**
 * What the game changes, within one transaction.
 *
 * @param touched takes the ids of the players whose rows, cards or history change
 */
export function writesOver(db: Executor, reads: Reads, touched: Set<bigint>): Writes {
  return {
    ...reads,
    lockFight: (fightId) => lockFight(db, fightId),
    lockPlayers: (userIds) => lockPlayers(db, userIds),
    addPlayer: async (player) => {
      const isNew = await addPlayer(db, player);
      if (isNew) touched.add(player.user_id);
      return isNew;
    },
    updatePlayer: async (userId, changes) => {
      updatePlayer(db, userId, changes);
      touched.add(userId);
    },
    addPlayerCard: async (card) => {
      const id = await addPlayerCard(db, card);
      if (id !== null) touched.add(card.user_id);
      return id;
    },
    raiseUsage: async (userId, cardId) => {
      raiseUsage(db, userId, cardId);
      touched.add(userId);
    },
    addFight: async (fight) => addFight(db, fight),
    updateFight: async (fightId, changes) => updateFight(db, fightId, changes),
    addHistory: async (row) => {
      addHistory(db, row);
      if (row.user_id !== null) touched.add(row.user_id);
    },
    setCooldown: async (row) => setCooldown(db, row),
  };
}
