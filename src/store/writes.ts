import type { Reads } from './reads.js';
import type {
  CardCooldownRow,
  FightRow,
  NewFightHistory,
  NewPlayerCard,
  PlayerRow,
} from './rows.js';

/**
 * What the game may change, within one transaction. Rows are locked in a fixed order, so that two
 * updates cannot wait for each other: first the fight, then players by rising id.
 */
export interface Writes extends Reads {
  lockFight(fightId: string): Promise<FightRow | null>;
  /** The rows of those that exist, by rising id. */
  lockPlayers(userIds: readonly bigint[]): Promise<PlayerRow[]>;
  /** Adds a player; false when there is one with that id. */
  addPlayer(player: PlayerRow): Promise<boolean>;
  updatePlayer(userId: bigint, changes: Partial<Omit<PlayerRow, 'user_id'>>): Promise<void>;
  /** Gives a card; returns the id, or null when the player has that card already. */
  addPlayerCard(card: NewPlayerCard): Promise<bigint | null>;
  /** One fight more with that card. */
  raiseUsage(userId: bigint, cardId: string): Promise<void>;
  addFight(fight: FightRow): Promise<void>;
  updateFight(fightId: string, changes: Partial<Omit<FightRow, 'fight_id'>>): Promise<void>;
  addHistory(row: NewFightHistory): Promise<void>;
  setCooldown(row: CardCooldownRow): Promise<void>;
}
