import { newPlayer } from '../../game/player.js';
import type { Now } from '../../game/time.js';
import type { Who } from '../../game/view/name.js';
import type { PlayerRow } from '../../store/rows.js';
import type { Writes } from '../../store/writes.js';

/** The player's row, locked; it is added for somebody who is seen for the first time. */
export async function lockPlayer(writes: Writes, who: Who, now: Now): Promise<PlayerRow> {
  return (await lockPlayers(writes, who, [], now)).me;
}

/** The same, with the rows of others in one go: the order of locks is that of the ids. */
export async function lockPlayers(
  writes: Writes,
  who: Who,
  others: readonly bigint[],
  now: Now,
): Promise<{ me: PlayerRow; others: PlayerRow[] }> {
  const rows = await writes.lockPlayers([...new Set([who.user_id, ...others])]);
  const me = rows.find(({ user_id }) => user_id === who.user_id);
  return {
    me: me ?? (await addPlayer(writes, who, now)),
    others: rows.filter((row) => row !== me),
  };
}

async function addPlayer(writes: Writes, who: Who, now: Now): Promise<PlayerRow> {
  const player = newPlayer(who, now);
  if (await writes.addPlayer(player)) return player;
  // Another update of the same player was faster.
  const [row] = await writes.lockPlayers([who.user_id]);
  return row ?? player;
}
