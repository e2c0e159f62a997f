import type { Update } from 'grammy/types';
import { pino } from 'pino';
import { watchAuthority } from '../../../src/bot/authority.js';
import type { Answer } from '../../../src/bot/delivery.js';
import type { Forwarder } from '../../../src/bot/forward.js';
import { createMetrics } from '../../../src/bot/metrics.js';
import type { Outbox } from '../../../src/bot/outbound/outbox.js';
import type { Parts } from '../../../src/bot/parts.js';
import { handle } from '../../../src/bot/pipeline.js';
import { callIn } from '../../../src/bot/response.js';
import type { Reply, StoreKind } from '../../../src/store/store.js';
import { type MemoryCache, memoryCache } from '../../support/bot/memory-cache.js';
import { type MemoryStore, memoryStore } from '../../support/bot/memory-store.js';
import { commandUpdate, pressUpdate, type Sender } from '../../support/bot/updates.js';
import { atEnd } from '../../support/cleanup.js';
import { card, NOW, player } from '../game/support.js';

export const NEGAR: Sender = { id: 101, name: 'نگار' };
export const BABAK: Sender = { id: 202, name: 'بابک' };
export const IN_ENGLISH = { language: 'en-GB' };

/** A bot without a network: updates go in, and what would be sent comes out. */
export interface Play {
  store: MemoryStore;
  cache: MemoryCache;
  parts: Parts;
  /** Of each line of the log. */
  lines: Record<string, unknown>[];
  /** What bots of the other stack answer; null when there are none. */
  forwardedAnswer: Answer | null;
  /** Ids of the updates that were handed to the outbox, and that were forwarded. */
  sentIds: bigint[];
  forwardedIds: number[];
  take(update: Update, hops?: number): Promise<Taken>;
  command(from: Sender, text: string, options?: { chatId?: number }): Promise<Taken>;
  press(from: Sender, data: string, options?: PressWith): Promise<Taken>;
}

type PressWith = { chatId?: number; names?: number; isPicture?: boolean; messageId?: number };

export interface Taken {
  answer: Answer;
  /** The call in the webhook's answer, or null. */
  call: Reply | null;
  /** What the outbox got. */
  outbox: Reply[];
  /** All of them. */
  replies: Reply[];
}

export function createPlay(kind: StoreKind = 'postgres'): Play {
  const store = memoryStore(kind);
  const cache = memoryCache();
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const metrics = createMetrics(kind === 'sqlite' ? 'legacy' : 'fleet');
  const authority = watchAuthority(store, { log, metrics });
  atEnd(() => authority.stop());
  let sent: Reply[] = [];
  let updateId = 1_000;

  const outbox: Outbox = {
    send: (id, replies) => {
      play.sentIds.push(id);
      sent.push(...replies);
    },
    sendOnce: (replies) => {
      sent.push(...replies);
    },
    isBusy: () => false,
    room: 1_000,
    stop: async () => undefined,
  };
  const forwarder: Forwarder = {
    forward: async ({ update, hops }) => {
      if (hops > 0) return null;
      play.forwardedIds.push(update.update_id);
      return play.forwardedAnswer;
    },
    noteSent: async () => false,
    close: async () => undefined,
  };
  const startMs = performance.now();
  const parts: Parts = {
    store,
    cache,
    log,
    metrics,
    authority,
    forwarder,
    outbox,
    refill: { add: () => undefined, stop: async () => undefined },
    clock: { now: () => new Date(NOW.ms), monotonicMs: () => performance.now() - startMs },
    botName: 'cardbot',
    zone: NOW.zone,
    holdMs: 300,
  };
  const play: Play = {
    store,
    cache,
    parts,
    lines,
    forwardedAnswer: null,
    sentIds: [],
    forwardedIds: [],
    take: async (update, hops = 0) => {
      sent = [];
      const raw = Buffer.from(JSON.stringify(update));
      const answer = await handle(parts, { update: JSON.parse(raw.toString()), raw, hops });
      const call = callIn(answer.body);
      return { answer, call, outbox: sent, replies: call === null ? sent : [call, ...sent] };
    },
    command: (from, text, options = {}) => {
      updateId += 1;
      return play.take(commandUpdate({ updateId, from, text, ...options }));
    },
    press: (from, data, options = {}) => {
      updateId += 1;
      return play.take(pressUpdate({ updateId, from, data, ...options }));
    },
  };
  return play;
}

/** Two players with a card each, Negar's the stronger one in every stat. */
export function withPlayers(play: Play): Play {
  const { tables } = play.store;
  for (const [id, name] of [
    [101n, 'نگار'],
    [202n, 'بابک'],
  ] as const) {
    tables.players.set(id, player({ user_id: id, first_name: name, username: null }));
  }
  const strong = { card_id: 'strong', name: 'رستم', power: 90, speed: 80, iq: 70, popularity: 60 };
  const weak = { card_id: 'weak', name: 'موش', power: 10, speed: 20, iq: 30, popularity: 40 };
  tables.cards.set('strong', card({ ...strong, rarity: 'epic' }));
  tables.cards.set('weak', card({ ...weak, rarity: 'normal' }));
  give(play, 1n, 101n, 'strong');
  give(play, 2n, 202n, 'weak');
  return play;
}

export function give({ store }: Play, id: bigint, userId: bigint, cardId: string): void {
  store.tables.playerCards.set(id, {
    id,
    user_id: userId,
    card_id: cardId,
    obtained_at: '2025-01-01T00:00:00',
    usage_count: 0,
    is_favorite: false,
  });
}

/** The data of the buttons below a reply, by row. */
export function buttonsOf(reply: Reply | undefined): string[][] {
  const markup = reply?.payload.reply_markup as
    | { inline_keyboard: { callback_data: string }[][] }
    | undefined;
  return (markup?.inline_keyboard ?? []).map((row) => row.map((button) => button.callback_data));
}

export function methodsOf({ replies }: Taken): string[] {
  return replies.map(({ method }) => method);
}

/** What a reply says, without marks of direction. */
export function textOf(reply: Reply | null | undefined): string {
  const { text, caption } = reply?.payload ?? {};
  return String(text ?? caption ?? '').replace(/[\u200e\u200f\u2066-\u2069]/g, '');
}
