import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readAfter, readBefore } from '../../../src/cli/engine/game-state.js';
import { checkEffects } from '../../../src/loadtest/check-effects.js';
import { openLedger } from '../../../src/loadtest/ledger.js';
import { readLedger } from '../../../src/loadtest/read-ledger.js';
import type { Store } from '../../../src/store/store.js';
import { accept, choose, claim } from '../../support/game-effects.js';
import { GAMES, type GameInDatabase } from '../../support/game-stores.js';
import { tempDir } from '../../support/temp-dir.js';

const NOW = { ms: Date.parse('2027-01-01T00:00:00Z'), zone: 'UTC' };

describe.each(Object.entries(GAMES))('what a run changed is read in %s', (_name, make) => {
  let game: GameInDatabase;
  let store: Store;
  let me: bigint;
  let other: bigint;
  beforeAll(async () => {
    game = await make();
    store = game.open();
    const rows = await game.query('SELECT DISTINCT user_id FROM player_cards ORDER BY user_id');
    [me = 0n, other = 0n] = rows.map(({ user_id }) => user_id as bigint);
  });

  async function play(): Promise<void> {
    await store.write(501n, claim(501n, me, NOW));
    await store.write(502n, async (writes) => {
      await writes.addFight({
        fight_id: 'f',
        challenger_id: other,
        opponent_id: 0n,
        challenger_card_id: (await writes.ownedCards(other))[0]?.card_id ?? null,
        opponent_card_id: (await writes.ownedCards(me))[0]?.card_id ?? null,
        challenger_stat: null,
        opponent_stat: null,
        status: 'waiting_opponent',
        chat_id: null,
        created_at: '2027-01-01T00:00:00',
        expires_at: '2027-01-01T00:15:00',
      });
      return [];
    });
    await store.write(503n, accept('f', me, NOW));
    await store.write(504n, choose('f', me, 'power', NOW));
    await store.write(505n, choose('f', other, 'iq', NOW));
  }

  test('a claim and a fight add up, and each of them that is tampered with is named', async () => {
    const path = join(await tempDir(), 'ledger.ndjson');
    const writing = openLedger(path, 501, new Date(NOW.ms));
    writing.sent([
      { updateId: 501, userId: Number(me), kind: 'claim' },
      { updateId: 502, userId: Number(other), kind: 'fight' },
    ]);
    writing.acknowledged(501, new Date(NOW.ms), { attempts: 1, byForeign: false });
    writing.close();
    const ledger = await readLedger(path);
    const database = game.openDatabase();
    const { before, since } = await readBefore(database, NOW);
    await play();
    const rules = async () =>
      checkEffects(ledger, before, await readAfter(database, since)).map(({ rule }) => rule);
    const after = await readAfter(database, since);
    expect(after.newCards).toEqual(new Map([[me, 1]]));
    expect(after.newHistory.map(({ user_id }) => user_id).sort()).toEqual([me, other].sort());
    expect(after.finishedFights - before.finishedFights).toBe(1);
    expect(await rules()).toEqual([]);

    await game.query(`UPDATE players SET total_score = total_score + 1 WHERE user_id = ${me}`);
    expect(await rules()).toEqual(['score differs from history']);
    await game.query(`UPDATE players SET total_score = total_score - 1 WHERE user_id = ${me}`);
    await game.query(
      `DELETE FROM player_cards WHERE id = (SELECT max(id) FROM player_cards WHERE user_id = ${me})`,
    );
    expect(await rules()).toEqual(['not one card a claim']);
    await game.query(
      `UPDATE active_fights SET challenger_id = ${other} WHERE fight_id =
         (SELECT max(fight_id) FROM active_fights WHERE challenger_id <> ${other})`,
    );
    expect(await rules()).toContain('more challenges than sent');
    await game.query(`DELETE FROM fight_history WHERE id = (SELECT max(id) FROM fight_history)`);
    expect(await rules()).toContain('not two history rows a fight');
    expect(await rules()).toContain('history row without its pair');
  });
});
