import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Reply, Store } from '../../../src/store/store.js';
import { GAMES, type GameInDatabase } from '../../support/game-stores.js';

const NOON = Date.UTC(2026, 10, 23, 12);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const REPLY: Reply = {
  method: 'sendMessage',
  payload: { chat_id: -1001, text: 'کارت "نو" \\ 🃏' },
};

describe.each(Object.entries(GAMES))('the ledger in %s', (_name, make) => {
  let game: GameInDatabase;
  let store: Store;
  let userId: bigint;

  beforeAll(async () => {
    game = await make();
    store = game.open();
    const [player] = await game.query('SELECT min(user_id) AS id FROM players');
    userId = player?.id as bigint;
  });

  beforeEach(async () => {
    game.clock.set(new Date(NOON));
    for (const table of ['cardbot_update', 'cardbot_mark'])
      await game.query(`DELETE FROM ${table}`);
    await game.query(`UPDATE players SET total_score = 0 WHERE user_id = ${userId}`);
  });

  /** Each time that it is applied, the player has one point more. */
  const press = (updateId: bigint, replies: Reply[] = [REPLY], on: Store = store) =>
    on.write(updateId, async (writes) => {
      const [player] = await writes.lockPlayers([userId]);
      await writes.updatePlayer(userId, { total_score: (player?.total_score ?? 0) + 1 });
      return replies;
    });
  const score = async () => (await store.read(null, (reads) => reads.player(userId)))?.total_score;
  const later = (ms: number) => game.clock.set(new Date(NOON + ms));

  it('an update is applied once, and answered as then until its replies are sent', async () => {
    expect(await press(7n)).toEqual({
      outcome: 'applied',
      replies: [REPLY],
      position: game.kind === 'sqlite' ? null : expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
      touched: [userId],
    });
    expect(await press(7n)).toEqual({ outcome: 'repeated', replies: [REPLY] });
    expect(await press(7n, [], game.open())).toEqual({ outcome: 'repeated', replies: [REPLY] });
    await store.markSent([7n, 8n]);
    later(MINUTE_MS);
    await store.markSent([7n]);
    await store.markSent([]);
    expect(await game.query('SELECT sent_at FROM cardbot_update')).toEqual([
      { sent_at: '2026-11-23T12:00:00.000Z' },
    ]);
    expect(await press(7n)).toEqual({ outcome: 'repeated', replies: [] });
    expect(await score()).toBe(1);
  });

  it('replies that stay unsent are taken by one, the oldest first, and again when that is late', async () => {
    for (const [minute, updateId] of [30n, 10n, 20n].entries()) {
      later(minute * MINUTE_MS);
      await press(updateId);
    }
    await press(40n, []);
    await store.markSent([10n]);
    later(1.5 * MINUTE_MS);
    expect(await store.unsent(MINUTE_MS, 9)).toEqual([{ updateId: 30n, replies: [REPLY] }]);
    expect(await store.unsent(MINUTE_MS, 9)).toEqual([]);
    later(10 * MINUTE_MS);
    expect(await store.unsent(MINUTE_MS, 1)).toEqual([{ updateId: 30n, replies: [REPLY] }]);
    expect(await game.open().unsent(MINUTE_MS, 9)).toEqual([{ updateId: 20n, replies: [REPLY] }]);
    later(11 * MINUTE_MS + 1);
    expect(await store.unsent(MINUTE_MS, 9)).toEqual([
      { updateId: 30n, replies: [REPLY] },
      { updateId: 20n, replies: [REPLY] },
    ]);
  });

  it('what is pruned is never applied again, nor any lower update', async () => {
    for (const updateId of [5n, 6n, 8n]) await press(updateId);
    later(HOUR_MS);
    await press(9n);
    later(2 * DAY_MS + MINUTE_MS);
    expect(await store.prune(2 * DAY_MS)).toBe(3);
    expect(await store.prune(2 * DAY_MS)).toBe(0);
    for (const updateId of [4n, 6n, 7n, 8n]) {
      expect(await press(updateId)).toEqual({ outcome: 'repeated', replies: [] });
    }
    expect(await press(9n)).toEqual({ outcome: 'repeated', replies: [REPLY] });
    expect((await press(10n)).outcome).toBe('applied');
    expect(await score()).toBe(5);
  });

  it('pruning goes through more entries than one transaction takes, but for the newest', async () => {
    await game.query(`INSERT INTO cardbot_update (update_id, applied_at, sent_at)
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
      SELECT i, '2026-11-20T12:00:00.000Z', '2026-11-20T12:00:00.000Z' FROM n`);
    expect(await store.prune(2 * DAY_MS)).toBe(2_499);
    expect(await game.query('SELECT update_id FROM cardbot_update')).toEqual([
      { update_id: 2_500n },
    ]);
    expect(await game.query('SELECT pruned_through FROM cardbot_mark')).toEqual([
      { pruned_through: 2_499n },
    ]);
  });

  it('after a week without updates their ids begin anew, lower ones too', async () => {
    for (const updateId of [500n, 501n, 502n]) await press(updateId);
    later(3 * DAY_MS);
    await store.prune(2 * DAY_MS);
    expect((await press(100n)).outcome).toBe('repeated');
    later(7 * DAY_MS);
    expect((await press(100n)).outcome).toBe('repeated');
    later(7 * DAY_MS + 1);
    expect((await press(100n)).outcome).toBe('applied');
    // An id that the old numbering had, and one below the old mark.
    expect((await press(502n)).outcome).toBe('applied');
    expect((await press(101n)).outcome).toBe('applied');
    for (const updateId of [100n, 101n, 502n]) {
      expect((await press(updateId)).outcome).toBe('repeated');
    }
    expect(await score()).toBe(6);
  });

  it('nothing is written while another database is the authority, or none is', async () => {
    const table = game.kind === 'sqlite' ? 'cardctl_authority' : 'cardctl.authority';
    const other = game.kind === 'sqlite' ? 'postgres' : 'sqlite';
    await press(1n);
    await store.rememberFileId('a.jpg', 'file-a');
    const cases = [
      {
        set: `store = '${other}', epoch = 8`,
        authority: { store: other, epoch: 8, moving: false },
      },
      { set: 'moving = 1', authority: { store: game.kind, epoch: 1, moving: true } },
    ];
    for (const { set, authority } of cases) {
      await game.query(`UPDATE ${table} SET store = '${game.kind}', epoch = 1, moving = 0`);
      await game.query(`UPDATE ${table} SET ${set}`);
      expect(await store.authority()).toEqual(authority);
      for (const updateId of [1n, 2n]) {
        expect(await press(updateId)).toEqual({ outcome: 'refused', authority });
      }
      expect(await store.markSent([1n])).toBe(false);
      await store.rememberFileId('a.jpg', 'file-b');
      later(3 * DAY_MS);
      expect(await store.unsent(1, 9)).toEqual([]);
      expect(await store.prune(2 * DAY_MS)).toBe(0);
    }
    await game.query(`UPDATE ${table} SET moving = 0`);
    later(0);
    expect(await press(1n)).toEqual({ outcome: 'repeated', replies: [REPLY] });
    expect(await store.fileId('a.jpg')).toBe('file-a');
    expect(await score()).toBe(1);
  });

  it('ids of uploaded pictures are remembered', async () => {
    expect(await store.fileId('cards/رستم.jpg')).toBeNull();
    await store.rememberFileId('cards/رستم.jpg', 'one');
    await store.rememberFileId('cards/رستم.jpg', 'two');
    expect(await store.fileId('cards/رستم.jpg')).toBe('two');
  });
});
