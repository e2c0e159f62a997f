import { beforeAll, describe, expect, it } from 'vitest';
import { writeTime } from '../../../src/game/time.js';
import type { FightRow } from '../../../src/store/rows.js';
import type { Reply, Store, Written } from '../../../src/store/store.js';
import type { Writes } from '../../../src/store/writes.js';
import { attempts, type Dice, dice } from '../../support/dice.js';
import { accept, choose, claim, type Effect } from '../../support/game-effects.js';
import { GAMES, type GameInDatabase } from '../../support/game-stores.js';

const NOW = { ms: Date.UTC(2026, 10, 23, 12), zone: 'Asia/Tehran' };
const AT = writeTime(NOW.ms, NOW.zone);

describe.each(Object.entries(GAMES))('at once, in %s', (_name, make) => {
  let game: GameInDatabase;
  let stores: Store[];
  let players: bigint[];
  let cardIds: string[];
  let lastUpdate = 1_000n;
  const freshUpdate = () => ++lastUpdate;

  beforeAll(async () => {
    game = await make();
    stores = [game.open(), game.open(), game.open(), game.open()];
    players = (await game.query('SELECT user_id FROM players ORDER BY user_id')).map(
      (row) => row.user_id as bigint,
    );
    cardIds = (await game.query('SELECT card_id FROM cards ORDER BY card_id')).map(
      (row) => row.card_id as string,
    );
    await game.query(`UPDATE players SET hearts = 10, total_score = 0, last_claim = NULL`);
  });

  const store = (place: number) => stores[place % stores.length] as Store;
  /** Writes on as many connections as there are, all at once. */
  const together = (effects: [bigint, Effect][]) =>
    Promise.all(effects.map(([id, effect], place) => store(place).write(id, effect)));
  const newFight = async (columns: Partial<FightRow>) => {
    const updateId = freshUpdate();
    const fight = fightRow({ fight_id: `fight-${updateId}`, ...columns });
    await store(0).write(updateId, async (writes) => {
      await writes.addFight(fight);
      return [];
    });
    return fight.fight_id;
  };

  it('one of four who accept the same challenge gets it', async () => {
    const [challenger, ...others] = players.slice(0, 5) as [bigint, ...bigint[]];
    for (let round = 0; round < attempts(10); round += 1) {
      const fightId = await newFight({ challenger_id: challenger });
      const written = await together(
        others.map((userId) => [freshUpdate(), accept(fightId, userId, NOW)]),
      );
      const words = written.map(wordOf);
      expect(words.toSorted()).toEqual(['accepted', 'fightTaken', 'fightTaken', 'fightTaken']);
      const fight = await store(1).read(null, (reads) => reads.fight(fightId));
      expect(fight).toMatchObject({
        opponent_id: others[words.indexOf('accepted')],
        status: 'selecting_cards',
      });
    }
  });

  it('of two who choose their stat, one decides the fight', async () => {
    const [challenger, opponent] = players.slice(5, 7) as [bigint, bigint];
    for (let round = 0; round < attempts(10); round += 1) {
      const fightId = await newFight({
        challenger_id: challenger,
        opponent_id: opponent,
        status: 'selecting_stats',
        challenger_card_id: cardIds[0] as string,
        opponent_card_id: cardIds[1] as string,
      });
      const before = await historyOf(challenger, opponent);
      const written = await together([
        [freshUpdate(), choose(fightId, challenger, 'power', NOW)],
        [freshUpdate(), choose(fightId, opponent, 'iq', NOW)],
      ]);
      expect(written.map(wordOf).toSorted()).toEqual(['chosen', 'decided']);
      expect(await store(1).read(null, (reads) => reads.fight(fightId))).toMatchObject({
        status: 'finished',
        challenger_stat: 'power',
        opponent_stat: 'iq',
      });
      const after = await historyOf(challenger, opponent);
      expect(after.slice(before.length).map((row) => row.user_id)).toEqual([challenger, opponent]);
    }
    const rows = await historyOf(challenger, opponent);
    for (const userId of [challenger, opponent]) {
      const mine = rows.filter((row) => row.user_id === userId);
      const won = mine.reduce((sum, row) => sum + Number(row.score_gained), 0);
      const player = await store(0).read(null, (reads) => reads.player(userId));
      expect(player?.total_score).toBe(won);
    }
  });

  const historyOf = async (...userIds: bigint[]) =>
    game.query(
      `SELECT user_id, score_gained FROM fight_history
        WHERE fought_at >= '${AT}' AND user_id IN (${userIds.join()}) ORDER BY id`,
    );

  it('an update that comes four times gives one card, and four times the same answer', async () => {
    for (const userId of players.slice(10, 10 + attempts(8))) {
      const had = await cardsOf(userId);
      const updateId = freshUpdate();
      const written = await together(
        stores.map(() => [updateId, claim(updateId, userId, NOW)] as [bigint, Effect]),
      );
      const outcomes = written.map(({ outcome }) => outcome).toSorted();
      expect(outcomes).toEqual(['applied', 'repeated', 'repeated', 'repeated']);
      const [given] = new Set(written.map(wordOf));
      expect(written.map(wordOf)).toEqual([given, given, given, given]);
      expect((await cardsOf(userId)).filter((id) => !had.includes(id))).toEqual([given]);
    }
  });

  it('a claim that is pressed twice gives one card', async () => {
    for (const userId of players.slice(20, 20 + attempts(8))) {
      const had = await cardsOf(userId);
      const written = await together(
        stores.map(() => {
          const updateId = freshUpdate();
          return [updateId, claim(updateId, userId, NOW)] as [bigint, Effect];
        }),
      );
      const words = written.map(wordOf);
      const given = words.filter((text) => text !== 'claimTooSoon');
      expect(words.length - given.length).toBe(3);
      expect((await cardsOf(userId)).filter((id) => !had.includes(id))).toEqual(given);
    }
  });

  const cardsOf = async (userId: bigint) =>
    (await store(0).read(null, (reads) => reads.ownedCards(userId))).map((card) => card.card_id);

  it('200 random updates, some of them redelivered, are as if one came after the other', async () => {
    const few = players.slice(30, 34);
    await game.query(`UPDATE players SET total_score = 20 WHERE user_id IN (${few.join()})`);
    const gifts = Array.from({ length: 200 }, () => giftOf(few, seeded));
    const ids = gifts.map(freshUpdate);
    const deliveries = gifts.flatMap((gift, place) => {
      const times = seeded.roll() < 0.2 ? 2 : 1;
      return Array.from(
        { length: times },
        () => [ids[place], give(gift, place)] as [bigint, Effect],
      );
    });
    const written = await together(deliveries);
    const answers = new Map<bigint, Set<string>>();
    for (const [place, one] of written.entries()) {
      const updateId = (deliveries[place] as [bigint, Effect])[0];
      answers.set(updateId, (answers.get(updateId) ?? new Set()).add(wordOf(one)));
    }
    const applied = written.filter(({ outcome }) => outcome === 'applied');
    expect(applied.length).toBe(gifts.length);

    // Ids of rows are given while both players are locked, so they are in an order that it may have been.
    const order = await game.query(
      `SELECT user_card_id FROM fight_history WHERE user_card_id LIKE 'gift %' ORDER BY id`,
    );
    const model = new Map(few.map((id) => [id, 20]));
    for (const row of order) {
      const place = Number(String(row.user_card_id).slice(5));
      const expected = giveInModel(gifts[place] as Gift, model);
      expect([...(answers.get(ids[place] as bigint) ?? [])]).toEqual([expected]);
    }
    expect(order.length).toBe(gifts.length);
    for (const [userId, score] of model) {
      const player = await store(0).read(null, (reads) => reads.player(userId));
      expect(player?.total_score).toBe(score);
    }
  });
});

const seeded = dice('concurrent updates');

/** One player gives another some points, if there are so many. */
interface Gift {
  from: bigint;
  to: bigint;
  points: number;
}

function giftOf(players: readonly bigint[], { roll }: Dice): Gift {
  const any = () => Math.floor(roll() * players.length);
  const from = any();
  const to = (from + 1 + Math.floor(roll() * (players.length - 1))) % players.length;
  return {
    from: players[from] as bigint,
    to: players[to] as bigint,
    points: 1 + Math.floor(roll() * 15),
  };
}

function give({ from, to, points }: Gift, place: number): Effect {
  return async (writes: Writes): Promise<Reply[]> => {
    // Whichever comes first: the store locks in its own order.
    const locked = await writes.lockPlayers([from, to]);
    const scoreOf = (id: bigint) => locked.find((row) => row.user_id === id)?.total_score ?? 0;
    await writes.addHistory(mark(place, from));
    if (scoreOf(from) < points) return said(`no ${scoreOf(from)}`);
    await writes.updatePlayer(from, { total_score: scoreOf(from) - points });
    await writes.updatePlayer(to, { total_score: scoreOf(to) + points });
    return said(`${scoreOf(from)} ${scoreOf(to)}`);
  };
}

function giveInModel({ from, to, points }: Gift, scores: Map<bigint, number>): string {
  const [before, others] = [scores.get(from) ?? 0, scores.get(to) ?? 0];
  if (before < points) return `no ${before}`;
  scores.set(from, before - points);
  scores.set(to, others + points);
  return `${before} ${others}`;
}

function mark(place: number, userId: bigint) {
  return {
    user_id: userId,
    user_card_id: `gift ${place}`,
    opponent_card_id: null,
    stat_used: null,
    result: null,
    score_gained: null,
    hearts_lost: null,
    fought_at: null,
    fight_type: null,
    opponent_user_id: null,
  };
}

function said(text: string): Reply[] {
  return [{ method: 'sendMessage', payload: { text } }];
}

function wordOf(written: Written): string {
  if (written.outcome === 'refused') throw new Error('refused');
  return String(written.replies[0]?.payload.text);
}

function fightRow(columns: Partial<FightRow>): FightRow {
  return {
    fight_id: '',
    challenger_id: 0n,
    opponent_id: 0n,
    challenger_card_id: null,
    opponent_card_id: null,
    challenger_stat: null,
    opponent_stat: null,
    status: 'waiting_opponent',
    chat_id: -1_001n,
    created_at: AT,
    expires_at: writeTime(NOW.ms + 900_000, NOW.zone),
    ...columns,
  };
}
