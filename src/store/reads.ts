import type {
  CardCooldownRow,
  CardCooldownSettingRow,
  CardRow,
  FightCounts,
  FightRow,
  LeaderboardRow,
  OwnedCardRow,
  PlayerRow,
} from './rows.js';

/** A moment as the game's tables write it; two forms, since columns may hold either. */
export interface Since {
  /** `YYYY-MM-DDTHH:MM:SS`, in the bot's time zone. */
  iso: string;
  unixS: number;
}

/** What the game asks of its tables. All of one `read` or `write` see the same moment. */
export interface Reads {
  player(userId: bigint): Promise<PlayerRow | null>;
  card(cardId: string): Promise<CardRow | null>;
  /** In no certain order. What the cards show may be some seconds old: see `deck.ts`. */
  ownedCards(userId: bigint): Promise<OwnedCardRow[]>;
  ownedCard(playerCardId: bigint): Promise<OwnedCardRow | null>;
  /** Ids of the cards that a player does not have, sorted by byte, by rarity as it is stored. */
  notOwned(userId: bigint): Promise<{ rarity: string; cardId: string }[]>;
  cooldowns(userId: bigint): Promise<CardCooldownRow[]>;
  cooldownSetting(cardId: string): Promise<CardCooldownSettingRow | null>;
  fight(fightId: string): Promise<FightRow | null>;
  /** A player with the fights they have won, lost and tied. */
  profile(userId: bigint): Promise<{ player: PlayerRow; counts: FightCounts } | null>;
  /** 1 for the best; players with the same score share a rank. */
  rank(score: number): Promise<number>;
  /** The best players, of all time or by what they won since then. */
  leaderboard(since: Since | null, limit: number): Promise<LeaderboardRow[]>;
}
