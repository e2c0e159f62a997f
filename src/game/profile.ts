import type { FightCounts, PlayerRow } from '../store/rows.js';
import { claimRemainingMs } from './claim.js';
import { heartsNow, heartsRestoredInMs } from './hearts.js';
import type { Rarity } from './rarity.js';
import type { Now } from './time.js';

export interface ProfileFacts {
  player: PlayerRow;
  /** 1 for the highest score. */
  rank: number;
  fights: FightCounts;
  cards: Readonly<Record<Rarity, number>>;
  now: Now;
}

export interface Profile extends FightCounts {
  who: Pick<PlayerRow, 'user_id' | 'username' | 'first_name'>;
  score: number;
  rank: number;
  hearts: number;
  /** 0 when they were just restored. */
  heartsRestoredInMs: number;
  /** 0 when a card can be claimed. */
  claimInMs: number;
  games: number;
  /** Wins among all games, percent, to one decimal; null before the first game. */
  winRatePercent: number | null;
  cards: Readonly<Record<Rarity, number>>;
}

export function profileOf({ player, rank, fights, cards, now }: ProfileFacts): Profile {
  const games = fights.wins + fights.losses + fights.ties;
  return {
    who: {
      user_id: player.user_id,
      username: player.username,
      first_name: player.first_name,
    },
    score: player.total_score ?? 0,
    rank,
    hearts: heartsNow(player, now).hearts,
    heartsRestoredInMs: heartsRestoredInMs(player, now),
    claimInMs: claimRemainingMs(player, now),
    wins: fights.wins,
    losses: fights.losses,
    ties: fights.ties,
    games,
    winRatePercent: games === 0 ? null : Math.round((fights.wins / games) * 1_000) / 10,
    cards,
  };
}
