import { readyCards } from '../../game/cooldown.js';
import type { Entrant } from '../../game/fight/enter.js';
import type { Hearts } from '../../game/hearts.js';
import type { Now } from '../../game/time.js';
import type { Reads } from '../../store/reads.js';
import type { OwnedCardRow, PlayerRow } from '../../store/rows.js';
import type { Writes } from '../../store/writes.js';

/** A player who wants to fight, and the cards that they can choose from. */
export async function entrantOf(
  reads: Reads,
  player: PlayerRow,
  now: Now,
): Promise<{ entrant: Entrant; ready: OwnedCardRow[] }> {
  const [owned, cooldowns] = await Promise.all([
    reads.ownedCards(player.user_id),
    reads.cooldowns(player.user_id),
  ]);
  const ready = readyCards(owned, cooldowns, now);
  return { entrant: { player, cards: { owned: owned.length, ready: ready.length } }, ready };
}

/** Writes down hearts that were restored on entering a fight. */
export async function storeHearts(writes: Writes, player: PlayerRow, hearts: Hearts) {
  if (hearts.hearts === player.hearts && hearts.last_heart_reset === player.last_heart_reset) {
    return;
  }
  await writes.updatePlayer(player.user_id, hearts);
}
