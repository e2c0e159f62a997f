/**
 * Gives a player one point for each update of a range, four at a time, and tells of each that was
 * acknowledged: what the tests kill in the middle of its work.
 *
 *     node --import tsx test/support/store-process.ts KIND ADDRESS USER_ID FROM TO
 */
import { openPools } from '../../src/drivers/postgres-pools.js';
import { openWritable } from '../../src/drivers/sqlite-writable.js';
import { systemClock } from '../../src/lib/clock.js';
import { postgresStore } from '../../src/store/postgres/store.js';
import { sqliteStore } from '../../src/store/sqlite/store.js';

const [kind, address = '', user = '', from = '', to = ''] = process.argv.slice(2);

const store =
  kind === 'sqlite'
    ? sqliteStore(openWritable(address), systemClock)
    : postgresStore(openPools({ primaryUrl: address }), systemClock);
const userId = BigInt(user);

let next = BigInt(from);
async function work(): Promise<void> {
  while (next <= BigInt(to)) {
    const updateId = next++;
    const { outcome } = await store.write(updateId, async (writes) => {
      const [player] = await writes.lockPlayers([userId]);
      await writes.updatePlayer(userId, { total_score: (player?.total_score ?? 0) + 1 });
      await writes.addHistory({
        user_id: userId,
        user_card_id: `update ${updateId}`,
        opponent_card_id: null,
        stat_used: null,
        result: 'win',
        score_gained: 1,
        hearts_lost: 0,
        fought_at: null,
        fight_type: null,
        opponent_user_id: null,
      });
      return [];
    });
    process.stdout.write(`${updateId} ${outcome}\n`);
  }
}

await Promise.all([work(), work(), work(), work()]);
await store.close();
