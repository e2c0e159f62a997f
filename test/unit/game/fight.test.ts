import { describe, expect, it } from 'vitest';
import { acceptFight, isExpired } from '../../../src/game/fight/accept.js';
import { chooseCard, chooseStat } from '../../../src/game/fight/choose.js';
import { decideFight, type Fighter } from '../../../src/game/fight/decide.js';
import { openFight } from '../../../src/game/fight/open.js';
import { card, challenge, fight, HOUR_MS, later, NOW, NOW_TEXT, player } from './support.js';

const READY = { owned: 3, ready: 2 };
const HEARTS = { hearts: 10, last_heart_reset: NOW_TEXT };
const refused = (refusal: object) => ({ allowed: false, refusal });

describe('a challenge', () => {
  const open = (columns = {}, { chatId = -1001n, cards = READY } = {}) =>
    openFight({
      fightId: 'f1',
      chatId,
      challenger: { player: player(columns), cards },
      now: NOW,
    });

  it('is open to everybody in the group for 15 minutes', () => {
    expect(open()).toEqual({
      allowed: true,
      player: HEARTS,
      fight: {
        fight_id: 'f1',
        challenger_id: 101n,
        opponent_id: 0n,
        challenger_card_id: null,
        opponent_card_id: null,
        challenger_stat: null,
        opponent_stat: null,
        status: 'waiting_opponent',
        chat_id: -1001n,
        created_at: NOW_TEXT,
        expires_at: '2025-10-11T12:15:00',
      },
    });
  });

  it('restores hearts that are due', () => {
    expect(open({ hearts: 0, last_heart_reset: '2025-10-10T12:00:00' })).toMatchObject({
      allowed: true,
      player: HEARTS,
    });
  });

  it.each([
    ['outside a group', open({}, { chatId: 101n }), { reason: 'notInGroup' }],
    [
      'without a heart',
      open({ hearts: 0, last_heart_reset: '2025-10-11T02:00:00' }),
      { reason: 'noHearts', remainingMs: 14 * HOUR_MS },
    ],
    ['without a card', open({}, { cards: { owned: 0, ready: 0 } }), { reason: 'noCards' }],
    [
      'while every card rests',
      open({}, { cards: { owned: 1, ready: 0 } }),
      { reason: 'everyCardResting' },
    ],
  ])('is refused %s', (_when, verdict, refusal) => {
    expect(verdict).toEqual(refused(refusal));
  });
});

describe('a challenge is accepted', () => {
  const accept = (row = challenge(), columns = {}, { now = NOW, cards = READY } = {}) =>
    acceptFight({
      fight: row,
      opponent: { player: player({ user_id: 202n, ...columns }), cards },
      now,
    });

  it('by another player, who is then its opponent', () => {
    expect(accept()).toEqual({
      allowed: true,
      fight: { opponent_id: 202n, status: 'selecting_cards' },
      player: HEARTS,
    });
  });

  it('until it expires', () => {
    const lastMs = 15 * 60_000 - 1;
    expect(accept(challenge(), {}, { now: later(lastMs) }).allowed).toBe(true);
    expect(accept(challenge(), {}, { now: later(lastMs + 1) })).toEqual(
      refused({ reason: 'fightExpired' }),
    );
    expect(isExpired(challenge(), later(lastMs + 1))).toBe(true);
    expect(isExpired(fight(), later(lastMs + 1))).toBe(false);
  });

  it.each([
    ['when somebody else has', accept(fight({ opponent_id: 303n })), { reason: 'fightTaken' }],
    [
      'when somebody else has, whatever the status says',
      accept(challenge({ opponent_id: 303n })),
      { reason: 'fightTaken' },
    ],
    ['twice by the same player', accept(fight()), { reason: 'fightTaken' }],
    ['when it is over', accept(challenge({ status: 'finished' })), { reason: 'fightTaken' }],
    ['by the challenger', accept(challenge(), { user_id: 101n }), { reason: 'ownFight' }],
    [
      'when its end is no time',
      accept(challenge({ expires_at: 'soon' })),
      { reason: 'fightExpired' },
    ],
    [
      'without a heart',
      accept(challenge(), { hearts: 0 }),
      { reason: 'noHearts', remainingMs: 24 * HOUR_MS },
    ],
    [
      'without a card',
      accept(challenge(), {}, { cards: { owned: 0, ready: 0 } }),
      { reason: 'noCards' },
    ],
  ])('not %s', (_when, verdict, refusal) => {
    expect(verdict).toEqual(refused(refusal));
  });
});

describe('a card is chosen', () => {
  const resting = {
    user_id: 101n,
    card_id: 'c1',
    wins_count: 10,
    last_win_time: NOW_TEXT,
    cooldown_until: '2025-10-11T13:00:00',
    is_in_cooldown: true,
  };
  const choose = (row = fight(), userId = 101n, rest = {}) =>
    chooseCard({
      fight: row,
      userId,
      playerCard: { user_id: userId, card_id: 'c1' },
      cooldown: null,
      now: NOW,
      ...rest,
    });

  it('by the challenger, on the challenger’s side', () => {
    expect(choose()).toEqual({
      allowed: true,
      side: 'challenger',
      fight: { challenger_card_id: 'c1', status: 'selecting_cards' },
      isComplete: false,
    });
  });

  it('by the opponent, after which both choose a stat', () => {
    expect(choose(fight({ challenger_card_id: 'c9' }), 202n)).toEqual({
      allowed: true,
      side: 'opponent',
      fight: { opponent_card_id: 'c1', status: 'selecting_stats' },
      isComplete: false,
    });
  });

  it('when its rest is over, though it is still marked', () => {
    const cooldown = { ...resting, cooldown_until: NOW_TEXT };
    expect(choose(fight(), 101n, { cooldown }).allowed).toBe(true);
  });

  it('after the challenge would have expired', () => {
    expect(choose(fight(), 101n, { now: later(HOUR_MS) }).allowed).toBe(true);
  });

  it.each([
    ['by an onlooker', choose(fight(), 303n), { reason: 'notYourFight' }],
    ['by nobody', choose(challenge(), 303n), { reason: 'notYourFight' }],
    ['before anybody has accepted', choose(challenge()), { reason: 'fightNotAccepted' }],
    ['when the fight is over', choose(fight({ status: 'finished' })), { reason: 'fightOver' }],
    ['twice', choose(fight({ challenger_card_id: 'c9' })), { reason: 'cardAlreadyChosen' }],
    [
      'from another player’s cards',
      choose(fight(), 101n, { playerCard: { user_id: 202n, card_id: 'c1' } }),
      { reason: 'cardNotOwned' },
    ],
    ['that there is not', choose(fight(), 101n, { playerCard: null }), { reason: 'cardNotOwned' }],
    [
      'while it rests',
      choose(fight(), 101n, { cooldown: resting }),
      { reason: 'cardResting', remainingMs: HOUR_MS },
    ],
  ])('not %s', (_when, verdict, refusal) => {
    expect(verdict).toEqual(refused(refusal));
  });
});

describe('a stat is chosen', () => {
  const bothCards = { challenger_card_id: 'c1', opponent_card_id: 'c2', status: 'selecting_stats' };
  const choose = (columns = {}, userId = 101n) =>
    chooseStat({ fight: fight({ ...bothCards, ...columns }), userId, stat: 'iq' });

  it('by the first of two, who then waits', () => {
    expect(choose()).toEqual({
      allowed: true,
      side: 'challenger',
      fight: { challenger_stat: 'iq', status: 'selecting_stats' },
      isComplete: false,
    });
  });

  it('by the second of two, which ends the fight', () => {
    expect(choose({ challenger_stat: 'power' }, 202n)).toEqual({
      allowed: true,
      side: 'opponent',
      fight: { opponent_stat: 'iq', status: 'finished' },
      isComplete: true,
    });
  });

  it('before the other player has chosen a card', () => {
    const columns = { opponent_card_id: null, status: 'selecting_cards' };
    expect(choose(columns)).toMatchObject({
      fight: { challenger_stat: 'iq', status: 'selecting_cards' },
      isComplete: false,
    });
  });

  it('in a fight whose status is another bot’s word', () => {
    expect(choose({ status: 'picking', challenger_stat: 'power' }, 202n)).toMatchObject({
      allowed: true,
      isComplete: true,
    });
  });

  it.each([
    ['by an onlooker', choose({}, 303n), { reason: 'notYourFight' }],
    ['before a card', choose({ challenger_card_id: null }), { reason: 'chooseCardFirst' }],
    ['twice', choose({ challenger_stat: 'power' }), { reason: 'statAlreadyChosen' }],
    ['when the fight is over', choose({ status: 'finished' }), { reason: 'fightOver' }],
    [
      'before anybody has accepted',
      choose({ opponent_id: 0n, opponent_card_id: null }),
      { reason: 'fightNotAccepted' },
    ],
  ])('not %s', (_when, verdict, refusal) => {
    expect(verdict).toEqual(refused(refusal));
  });
});

describe('a fight is decided', () => {
  function fighter(userId: bigint, columns: Parameters<typeof card>[0], rest = {}): Fighter {
    return {
      player: player({ user_id: userId, total_score: 100, hearts: 2 }),
      card: card({ card_id: `card of ${userId}`, ...columns }),
      stat: 'power',
      cooldown: null,
      setting: null,
      ...rest,
    };
  }
  const strong = fighter(101n, { rarity: 'epic', power: 50, speed: 30 });
  const weak = fighter(202n, { rarity: 'normal', power: 10, speed: 69 }, { stat: 'speed' });

  it('by what both cards have of both chosen stats: 80 beats 79', () => {
    expect(decideFight(strong, weak, NOW)).toEqual({
      fight: { status: 'finished' },
      challenger: {
        result: 'win',
        scoreGained: 7,
        heartsLost: 0,
        total: 80,
        player: { user_id: 101n, total_score: 107, ...HEARTS, hearts: 2 },
        history: {
          user_id: 101n,
          user_card_id: 'card of 101',
          opponent_card_id: 'card of 202',
          stat_used: 'power',
          result: 'win',
          score_gained: 7,
          hearts_lost: 0,
          fought_at: NOW_TEXT,
          fight_type: 'pvp',
          opponent_user_id: 202n,
        },
        cooldown: {
          user_id: 101n,
          card_id: 'card of 101',
          wins_count: 1,
          last_win_time: NOW_TEXT,
          cooldown_until: null,
          is_in_cooldown: false,
        },
      },
      opponent: {
        result: 'loss',
        scoreGained: 0,
        heartsLost: 0,
        total: 79,
        player: { user_id: 202n, total_score: 100, ...HEARTS, hearts: 2 },
        history: {
          user_id: 202n,
          user_card_id: 'card of 202',
          opponent_card_id: 'card of 101',
          stat_used: 'speed',
          result: 'loss',
          score_gained: 0,
          hearts_lost: 0,
          fought_at: NOW_TEXT,
          fight_type: 'pvp',
          opponent_user_id: 101n,
        },
        cooldown: null,
      },
    });
  });

  it('alike for both, whoever challenged', () => {
    const [there, back] = [decideFight(strong, weak, NOW), decideFight(weak, strong, NOW)];
    expect(back).toEqual({
      fight: there.fight,
      challenger: there.opponent,
      opponent: there.challenger,
    });
  });

  it('with a stat that both chose counting twice', () => {
    const other = fighter(202n, { power: 45, speed: 90 });
    const { challenger, opponent } = decideFight(strong, other, NOW);
    expect([challenger.total, opponent.total]).toEqual([100, 90]);
  });

  it('as a tie when the totals are equal, which is no win for a cooldown', () => {
    const legend = fighter(101n, { rarity: 'legend', power: 40, speed: 39 });
    const { challenger, opponent } = decideFight(legend, weak, NOW);
    expect(challenger).toMatchObject({ result: 'tie', scoreGained: 0, heartsLost: 1 });
    expect(challenger.player).toMatchObject({ total_score: 100, hearts: 1 });
    expect(challenger.cooldown).toBeNull();
    expect(opponent).toMatchObject({ result: 'tie', scoreGained: 5, heartsLost: 0 });
    expect(opponent.player).toMatchObject({ total_score: 105, hearts: 2 });
  });

  it('and no heart is lost that is not there', () => {
    const legend = fighter(101n, { rarity: 'legend', power: 1, speed: 1 });
    const { challenger } = decideFight(legend, weak, NOW);
    expect(challenger).toMatchObject({ heartsLost: 3, player: { hearts: 0 } });
  });

  it('from hearts that are restored first when they are due', () => {
    const due = { total_score: null, hearts: 0, last_heart_reset: null };
    const normal = fighter(101n, { power: 1, speed: 1 }, { player: player(due) });
    expect(decideFight(normal, weak, NOW).challenger.player).toEqual({
      user_id: 101n,
      total_score: 0,
      hearts: 9,
      last_heart_reset: NOW_TEXT,
    });
  });
});
