import { beforeAll, describe, expect, it } from 'vitest';
import type { FightRow, PlayerRow } from '../../../src/store/rows.js';
import type { Store } from '../../../src/store/store.js';
import { GAMES, type GameInDatabase } from '../../support/game-stores.js';

const AT = '2026-11-23T10:20:30.120000';

describe.each(Object.entries(GAMES))('a game is changed in %s', (_name, make) => {
  let game: GameInDatabase;
  let store: Store;
  let nextId = 1_000n;
  /** An id that nothing has had before, above 2^53. */
  const fresh = () => 9_007_199_254_740_993n + nextId++;

  beforeAll(async () => {
    game = await make();
    store = game.open();
  });

  it('a player is added once and changed, column by column', async () => {
    const player = playerRow(fresh());
    const added = await store.write(fresh(), async (writes) => {
      const outcomes = [await writes.addPlayer(player), await writes.addPlayer(player)];
      return [{ method: 'sendMessage', payload: { text: outcomes.join() } }];
    });
    expect(added).toMatchObject({
      outcome: 'applied',
      replies: [{ method: 'sendMessage', payload: { text: 'true,false' } }],
      touched: [player.user_id],
    });
    expect(await store.read(null, (reads) => reads.player(player.user_id))).toEqual(player);

    const changes = {
      username: null,
      first_name: 'نگار "ن"',
      hearts: 3,
      lives: null,
      total_score: 250,
      last_heart_reset: null,
      last_lives_reset: AT,
      last_claim: AT,
      created_at: AT,
    };
    const changed = await store.write(fresh(), async (writes) => {
      await writes.updatePlayer(player.user_id, {});
      await writes.updatePlayer(player.user_id, changes);
      // The change is seen by what follows in the same update.
      expect(await writes.player(player.user_id)).toEqual({ ...player, ...changes });
      return [];
    });
    expect(changed).toMatchObject({ outcome: 'applied', touched: [player.user_id] });
    expect(await store.read(null, (reads) => reads.player(player.user_id))).toEqual({
      ...player,
      ...changes,
    });
  });

  it('players are locked by rising id, those that exist', async () => {
    const ids = [fresh(), fresh(), fresh()];
    await store.write(fresh(), async (writes) => {
      for (const id of ids) await writes.addPlayer(playerRow(id));
      const [first, second, third] = ids as [bigint, bigint, bigint];
      const locked = await writes.lockPlayers([third, 5n, first, second, first]);
      expect(locked).toEqual(ids.map((id) => playerRow(id)));
      expect(await writes.lockPlayers([5n])).toEqual([]);
      return [];
    });
  });

  it('a card is given once, and its use is counted', async () => {
    const userId = fresh();
    const [card] = await game.query('SELECT card_id FROM cards ORDER BY card_id LIMIT 1');
    const cardId = card?.card_id as string;
    let ids: (bigint | null)[] = [];
    const written = await store.write(fresh(), async (writes) => {
      await writes.addPlayer(playerRow(userId));
      const playerCard = {
        user_id: userId,
        card_id: cardId,
        obtained_at: AT,
        usage_count: null,
        is_favorite: true,
      };
      ids = [await writes.addPlayerCard(playerCard), await writes.addPlayerCard(playerCard)];
      await writes.raiseUsage(userId, cardId);
      await writes.raiseUsage(userId, cardId);
      return [];
    });
    expect(written).toMatchObject({ touched: [userId] });
    const { highest } = (await game.query('SELECT max(id) AS highest FROM player_cards'))[0] ?? {};
    expect(ids).toEqual([highest, null]);
    const owned = await store.read(null, (reads) => reads.ownedCards(userId));
    expect(owned).toMatchObject([
      { id: highest, user_id: userId, card_id: cardId, usage_count: 2, is_favorite: true },
    ]);
    expect(await game.query(`SELECT obtained_at FROM player_cards WHERE id = ${highest}`)).toEqual([
      { obtained_at: expect.stringMatching(/^2026-11-23[T ]10:20:30\.12(0000)?$/) },
    ]);
  });

  it('a fight is opened, locked and changed', async () => {
    const [challenger, opponent] = [fresh(), fresh()];
    const fight: FightRow = {
      fight_id: `fight-${fresh()}`,
      challenger_id: challenger,
      opponent_id: 0n,
      challenger_card_id: null,
      opponent_card_id: null,
      challenger_stat: null,
      opponent_stat: null,
      status: 'waiting_opponent',
      chat_id: -1_001_234_567_890n,
      created_at: AT,
      expires_at: AT,
    };
    const changes = {
      opponent_id: opponent,
      challenger_card_id: 'a',
      opponent_card_id: 'b',
      challenger_stat: 'iq',
      opponent_stat: 'speed',
      status: 'finished',
      chat_id: null,
    };
    const written = await store.write(fresh(), async (writes) => {
      for (const id of [challenger, opponent]) await writes.addPlayer(playerRow(id));
      await writes.addFight(fight);
      expect(await writes.lockFight(fight.fight_id)).toEqual(fight);
      expect(await writes.lockFight('none')).toBeNull();
      await writes.updateFight(fight.fight_id, changes);
      await writes.updateFight(fight.fight_id, {});
      return [];
    });
    expect(written).toMatchObject({ touched: [challenger, opponent] });
    expect(await store.read(null, (reads) => reads.fight(fight.fight_id))).toEqual({
      ...fight,
      ...changes,
    });
  });

  it('history is added under ids of its own, and counted', async () => {
    const userId = fresh();
    const row = {
      user_id: userId,
      user_card_id: 'a',
      opponent_card_id: 'b',
      stat_used: 'power',
      result: 'win',
      score_gained: 15,
      hearts_lost: 0,
      fought_at: AT,
      fight_type: 'pvp',
      opponent_user_id: null,
    };
    const written = await store.write(fresh(), async (writes) => {
      await writes.addPlayer(playerRow(userId));
      for (const result of ['win', 'loss', 'win', 'tie'])
        await writes.addHistory({ ...row, result });
      return [];
    });
    expect(written).toMatchObject({ touched: [userId] });
    expect((await store.read(null, (reads) => reads.profile(userId)))?.counts).toEqual({
      wins: 2,
      losses: 1,
      ties: 1,
    });
    const since = { iso: AT.slice(0, 19), unixS: Date.UTC(2026, 10, 23, 6, 50, 30) / 1_000 };
    expect(await store.read(null, (reads) => reads.leaderboard(since, 5))).toEqual([
      { user_id: userId, username: 'negar', first_name: 'نگار', score: 60, cards: 0 },
    ]);
    const stored = await game.query(
      `SELECT * FROM fight_history WHERE user_id = ${userId} ORDER BY id`,
    );
    const [first] = stored;
    expect(first).toMatchObject({
      ...row,
      score_gained: 15n,
      hearts_lost: 0n,
      fought_at: expect.stringMatching(/^2026-11-23[T ]10:20:30\.12(0000)?$/),
    });
    const from = first?.id as bigint;
    expect(stored.map(({ id }) => id)).toEqual([from, from + 1n, from + 2n, from + 3n]);
  });

  it('a cooldown is set and set again', async () => {
    const userId = fresh();
    const [card] = await game.query('SELECT card_id FROM cards ORDER BY card_id LIMIT 1');
    const first = {
      user_id: userId,
      card_id: card?.card_id as string,
      wins_count: 10,
      last_win_time: AT,
      cooldown_until: AT,
      is_in_cooldown: true,
    };
    const second = { ...first, wins_count: 1, cooldown_until: null, is_in_cooldown: false };
    const seen = [];
    for (const row of [first, second]) {
      await store.write(fresh(), async (writes) => {
        await writes.addPlayer(playerRow(userId));
        await writes.setCooldown(row);
        return [];
      });
      seen.push(await store.read(null, (reads) => reads.cooldowns(userId)));
    }
    expect(seen).toEqual([[first], [second]]);
  });

  it('an effect that fails leaves nothing behind, and the next one goes on', async () => {
    const [userId, updateId] = [fresh(), fresh()];
    const failing = store.write(updateId, async (writes) => {
      await writes.addPlayer(playerRow(userId));
      throw new Error('a bug');
    });
    await expect(failing).rejects.toThrow('a bug');
    expect(await store.read(null, (reads) => reads.player(userId))).toBeNull();
    const again = await store.write(updateId, async (writes) => {
      await writes.addPlayer(playerRow(userId));
      return [];
    });
    expect(again.outcome).toBe('applied');
    expect(await store.read(null, (reads) => reads.player(userId))).toEqual(playerRow(userId));
  });

  it('a statement that fails fails the update, although nobody waited for it', async () => {
    const userId = fresh();
    const refused = { ...playerRow(userId), created_at: null } as unknown as PlayerRow;
    const failing = store.write(fresh(), async (writes) => {
      await writes.addPlayer(playerRow(userId));
      await writes.updatePlayer(userId, { created_at: refused.created_at });
      return [];
    });
    await expect(failing).rejects.toMatchObject({
      code: game.kind === 'sqlite' ? 'source' : 'target',
      message: expect.stringMatching(/created_at/),
    });
    expect(await store.read(null, (reads) => reads.player(userId))).toBeNull();
  });
});

function playerRow(userId: bigint): PlayerRow {
  return {
    user_id: userId,
    username: 'negar',
    first_name: 'نگار',
    hearts: 10,
    lives: 10,
    total_score: 0,
    last_heart_reset: AT,
    last_lives_reset: null,
    last_claim: null,
    created_at: '2026-11-23T10:20:30',
  };
}
