import { describe, expect, test, vi } from 'vitest';
import { CardctlError } from '../../../src/lib/errors.js';
import { commandUpdate } from '../../support/bot/updates.js';
import { card } from '../game/support.js';
import { createPlay, NEGAR, type Play, textOf, withPlayers } from './play.js';

const CLAIM = commandUpdate({ updateId: 4_711, from: NEGAR, text: '/claim' });
const PROFILE = commandUpdate({ updateId: 4_712, from: NEGAR, text: '/profile' });
const ELSEWHERE = { status: 200, body: '{"method":"sendMessage"}' };

async function counted({ parts }: Play, name: string): Promise<Record<string, number>> {
  const metric = parts.metrics.registry.getSingleMetric(name)!;
  const { values } = await metric.get();
  return Object.fromEntries(
    values
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
}

describe('an update that comes twice', () => {
  test('is applied once, and its replies are those of the first time', async () => {
    const play = withPlayers(createPlay());
    const first = await play.take(CLAIM);
    const again = await play.take(CLAIM);
    expect(again.outbox).toStrictEqual(first.outbox);
    expect(play.store.tables.playerCards.size).toBe(3);
    expect(await counted(play, 'cardbot_updates_total')).toStrictEqual({
      'claim applied': 1,
      'claim repeated': 1,
    });
  });

  test('has no more replies once they are known to be sent', async () => {
    const play = withPlayers(createPlay());
    await play.take(CLAIM);
    await play.store.markSent([4_711n]);
    expect((await play.take(CLAIM)).replies).toStrictEqual([]);
  });

  test("is applied once when the answer to the first time's COMMIT was lost", async () => {
    const play = withPlayers(createPlay());
    const error = new CardctlError('target', 'connection lost');
    play.store.failures.push({ at: 'after-commit', error });
    const lost = await play.take(CLAIM);
    expect(lost.answer).toMatchObject({ status: 503, retryAfterS: 1 });
    expect(lost.replies).toStrictEqual([]);
    const again = await play.take(CLAIM);
    expect(again.answer.status).toBe(200);
    expect(textOf(again.outbox[0])).toContain('موش');
    expect(play.store.tables.playerCards.size).toBe(3);
  });
});

describe('a write where this side may not write', () => {
  test('is forwarded whole, and what comes back is the answer', async () => {
    const play = withPlayers(createPlay());
    play.store.authorityNow = { store: 'sqlite', epoch: 2, moving: false };
    play.forwardedAnswer = ELSEWHERE;
    const { answer, outbox } = await play.take(CLAIM);
    expect(answer).toStrictEqual(ELSEWHERE);
    expect(play.forwardedIds).toStrictEqual([4_711]);
    expect(outbox).toStrictEqual([]);
    expect(play.store.ledger.size).toBe(0);
  });

  test('that a foreign bot did is noted for the player, whose next read goes there', async () => {
    const play = withPlayers(createPlay());
    play.store.authorityNow = { store: 'sqlite', epoch: 2, moving: false };
    play.forwardedAnswer = { ...ELSEWHERE, byForeign: true };
    expect((await play.take(CLAIM)).answer).toStrictEqual(play.forwardedAnswer);
    expect([...play.cache.notes]).toStrictEqual([[101n, 'sqlite:']]);
    expect((await play.take(PROFILE)).answer).toStrictEqual(play.forwardedAnswer);
    expect(play.forwardedIds).toStrictEqual([4_711, PROFILE.update_id]);
  });

  test('is held while the authority moves, and done when it is here', async () => {
    const play = withPlayers(createPlay());
    play.parts.holdMs = 30_000;
    play.store.authorityNow = { store: 'sqlite', epoch: 1, moving: true };
    const taking = play.take(CLAIM);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(play.store.ledger.size).toBe(0);
    play.store.authorityNow = { store: 'postgres', epoch: 2, moving: false };
    expect((await taking).answer.status).toBe(200);
    expect([...play.store.ledger.keys()]).toStrictEqual([4_711n]);
    expect(play.forwardedIds).toStrictEqual([]);
  });

  test('is given back to Telegram when that takes too long', async () => {
    const play = withPlayers(createPlay());
    play.store.authorityNow = { store: 'sqlite', epoch: 1, moving: true };
    const { answer, replies } = await play.take(CLAIM);
    expect(answer).toStrictEqual({ status: 503, body: '', retryAfterS: 1 });
    expect(replies).toStrictEqual([]);
    expect(await counted(play, 'cardbot_updates_total')).toStrictEqual({ 'claim held': 1 });
  });

  test('is held while nobody of the other side answers, and forwarded when somebody does', async () => {
    const play = withPlayers(createPlay());
    play.parts.holdMs = 30_000;
    play.store.authorityNow = { store: 'sqlite', epoch: 2, moving: false };
    const taking = play.take(CLAIM);
    await vi.waitUntil(() => play.forwardedIds.length > 0);
    play.forwardedAnswer = ELSEWHERE;
    expect((await taking).answer).toStrictEqual(ELSEWHERE);
    expect(new Set(play.forwardedIds)).toStrictEqual(new Set([4_711]));
    expect(play.store.ledger.size).toBe(0);
  });

  test('is neither held nor forwarded again when it was forwarded here', async () => {
    const play = withPlayers(createPlay());
    play.parts.holdMs = 60_000;
    play.store.authorityNow = { store: 'sqlite', epoch: 2, moving: false };
    play.forwardedAnswer = ELSEWHERE;
    expect((await play.take(CLAIM, 1)).answer.status).toBe(503);
    expect(play.forwardedIds).toStrictEqual([]);
  });
});

describe('a failure', () => {
  test('of a handler is never answered with 200, and is logged without what was said', async () => {
    const play = withPlayers(createPlay());
    play.store.failures.push({ at: 'before', error: new TypeError('broken') });
    const update = commandUpdate({ updateId: 9, from: NEGAR, text: '/claim my secret words' });
    const { answer, replies } = await play.take(update);
    expect(answer).toMatchObject({ status: 500, body: '', errorId: expect.any(String) });
    expect(replies).toStrictEqual([]);
    const line = play.lines.find(({ msg }) => msg === 'an update failed');
    expect(line).toMatchObject({ update_id: 9, kind: 'claim', error_id: answer.errorId });
    expect(JSON.stringify(play.lines)).not.toMatch(/secret words|نگار/);
  });

  test('within a transaction leaves nothing behind', async () => {
    const play = withPlayers(createPlay());
    play.store.tables.cards.get = () => {
      throw new Error('disk');
    };
    expect((await play.take(CLAIM)).answer.status).toBe(500);
    expect(play.store.tables.players.get(101n)?.last_claim).toBeNull();
    expect(play.store.ledger.size).toBe(0);
  });

  test('to reach the database is told Telegram as temporary', async () => {
    const play = withPlayers(createPlay());
    const error = new CardctlError('target', 'connection refused');
    play.store.failures.push({ at: 'before', error });
    expect((await play.take(CLAIM)).answer).toMatchObject({ status: 503, retryAfterS: 1 });
  });

  test('of the cache after a commit changes nothing for the player', async () => {
    const play = withPlayers(createPlay());
    play.cache.forget = () => Promise.reject(new Error('away'));
    const { answer, outbox } = await play.take(CLAIM);
    expect(answer.status).toBe(200);
    expect(textOf(outbox[0])).toContain('موش');
  });
});

describe('a read', () => {
  test('comes from the cache once it was loaded, and is loaded anew after a write', async () => {
    const play = withPlayers(createPlay());
    await play.take(PROFILE);
    const before = play.store.readsBehind.length;
    await play.take(PROFILE);
    expect(play.store.readsBehind.length).toBe(before);
    await play.take(CLAIM);
    const { call } = await play.take(PROFILE);
    expect(textOf(call)).toContain('۲۴ ساعت');
    expect(await counted(play, 'cardbot_cache_requests_total')).toStrictEqual({
      'profile miss': 2,
      'cards miss': 2,
      'rank miss': 1,
      'profile hit': 1,
      'cards hit': 1,
      'rank hit': 2,
    });
  });

  test('is behind what the player wrote last', async () => {
    const play = withPlayers(createPlay());
    await play.take(PROFILE);
    expect(new Set(play.store.readsBehind)).toStrictEqual(new Set([null]));
    await play.take(CLAIM);
    expect(play.cache.calls).toStrictEqual(['note 101 postgres:0/1', 'forget 101']);
    play.store.readsBehind.length = 0;
    await play.take(PROFILE);
    expect(new Set(play.store.readsBehind)).toStrictEqual(new Set(['0/1']));
  });

  test.each(['?', 'sqlite:'])('after a write that only the other side knows (%s)', async (note) => {
    const play = withPlayers(createPlay());
    if (note === '?') play.cache.isAway = true;
    else play.cache.notes.set(101n, note);
    await play.take(PROFILE);
    expect(new Set(play.store.readsBehind)).toStrictEqual(new Set(['unknown']));
  });

  test('goes to the side of the writes after one there, and else stays here', async () => {
    const play = withPlayers(createPlay());
    play.store.authorityNow = { store: 'sqlite', epoch: 2, moving: false };
    await play.parts.authority.refresh();
    play.forwardedAnswer = ELSEWHERE;
    expect(textOf((await play.take(PROFILE)).call)).toContain('نگار');
    play.cache.notes.set(101n, 'sqlite:');
    expect((await play.take(PROFILE)).answer).toStrictEqual(ELSEWHERE);
    play.forwardedAnswer = null;
    expect(textOf((await play.take(PROFILE)).call)).toContain('نگار');
  });

  test('does not overtake what still waits to be sent to the chat', async () => {
    const play = withPlayers(createPlay());
    play.parts.outbox.isBusy = (chatId) => chatId === 101;
    const { answer, outbox } = await play.take(PROFILE);
    expect(answer).toStrictEqual({ status: 200, body: '' });
    expect(outbox.map(({ method }) => method)).toStrictEqual(['sendMessage']);
  });
});

test('an update that is nothing to this bot is acknowledged', async () => {
  const play = createPlay();
  const { answer, replies } = await play.take({ update_id: 5 } as never);
  expect(answer).toStrictEqual({ status: 200, body: '' });
  expect(replies).toStrictEqual([]);
  expect(play.store.ledger.size).toBe(0);
});

test('a new player on the side that follows is added on the other', async () => {
  const play = createPlay();
  play.store.tables.cards.set('c1', card());
  play.store.authorityNow = { store: 'sqlite', epoch: 2, moving: false };
  play.forwardedAnswer = ELSEWHERE;
  expect((await play.take(PROFILE)).answer).toStrictEqual(ELSEWHERE);
  expect(play.store.tables.players.size).toBe(0);
});
