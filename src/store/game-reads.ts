import type { Deck } from './deck.js';
import type { Executor } from './executor.js';
import type { Reads } from './reads.js';
import { findCard } from './tables/cards.js';
import { findCooldownSetting, findCooldowns } from './tables/cooldowns.js';
import { findFight } from './tables/fights.js';
import { findProfile } from './tables/history.js';
import { type FoughtAtType, leaderboard, rankOfScore } from './tables/leaderboard.js';
import { cardsNotOwned, findOwnedCard, findOwnedCards } from './tables/player-cards.js';
import { findPlayer } from './tables/players.js';

/** What the game asks, answered on one connection. */
export function readsOver(
  db: Executor,
  { deck, foughtAtType }: { deck: Deck; foughtAtType: () => Promise<FoughtAtType> },
): Reads {
  return {
    player: (userId) => findPlayer(db, userId),
    card: (cardId) => findCard(db, cardId),
    ownedCards: (userId) => findOwnedCards(db, deck, userId),
    ownedCard: (playerCardId) => findOwnedCard(db, deck, playerCardId),
    notOwned: (userId) => cardsNotOwned(db, deck, userId),
    cooldowns: (userId) => findCooldowns(db, userId),
    cooldownSetting: (cardId) => findCooldownSetting(db, cardId),
    fight: (fightId) => findFight(db, fightId),
    profile: (userId) => findProfile(db, userId),
    rank: (score) => rankOfScore(db, score),
    leaderboard: async (since, limit) =>
      leaderboard(db, since && { moment: since, type: await foughtAtType() }, limit),
  };
}
