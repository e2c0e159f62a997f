import type { NewPlayerCard, PlayerRow } from '../store/rows.js';
import type { Random } from './random.js';
import { RARITIES, type Rarity } from './rarity.js';
import { HOUR_MS, type Now, readTime, writeTime } from './time.js';
import { allow, refuse, type Verdict } from './verdict.js';

export const CLAIM_EVERY_MS = 24 * HOUR_MS;

/** How often each rarity is drawn, of 100. */
const WEIGHTS: Readonly<Record<Rarity, number>> = { normal: 65, epic: 25, legend: 10 };

export interface ClaimRequest {
  player: Pick<PlayerRow, 'user_id' | 'last_claim'>;
  /** The ids of the cards that the player does not have, sorted: the order decides the draw. */
  notOwned: Readonly<Record<Rarity, readonly string[]>>;
  random: Random;
  now: Now;
}

export interface Claim {
  rarity: Rarity;
  playerCard: NewPlayerCard;
  player: Pick<PlayerRow, 'last_claim'>;
}

/** One card a day that the player does not have yet; of a drawn rarity while one is left in it. */
export function claimCard({ player, notOwned, random, now }: ClaimRequest): Verdict<Claim> {
  const remainingMs = claimRemainingMs(player, now);
  if (remainingMs > 0) return refuse({ reason: 'claimTooSoon', remainingMs });
  const left = RARITIES.filter((rarity) => notOwned[rarity].length > 0);
  const drawn = drawRarity(RARITIES, random);
  const rarity = left.includes(drawn) || left.length === 0 ? drawn : drawRarity(left, random);
  const ids = notOwned[rarity];
  if (ids.length === 0) return refuse({ reason: 'everyCardOwned' });
  const at = writeTime(now.ms, now.zone);
  return allow({
    rarity,
    playerCard: {
      user_id: player.user_id,
      card_id: ids[random.below(ids.length)]!,
      obtained_at: at,
      usage_count: 0,
      is_favorite: false,
    },
    player: { last_claim: at },
  });
}

/** How long until the player may claim; 0 when now. */
export function claimRemainingMs({ last_claim }: Pick<PlayerRow, 'last_claim'>, now: Now): number {
  const lastMs = readTime(last_claim, now.zone);
  return lastMs === null ? 0 : Math.max(0, lastMs + CLAIM_EVERY_MS - now.ms);
}

function drawRarity(rarities: readonly Rarity[], random: Random): Rarity {
  const sum = rarities.reduce((total, rarity) => total + WEIGHTS[rarity], 0);
  let draw = random.below(sum);
  return rarities.find((rarity) => {
    draw -= WEIGHTS[rarity];
    return draw < 0;
  })!;
}
