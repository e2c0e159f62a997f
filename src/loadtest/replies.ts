import { hash } from 'node:crypto';
import type { Clock } from '../lib/clock.js';
import type { Action } from './behaviour.js';
import type { BotApiCall } from './bot-api.js';
import { queryTooOld } from './faults.js';
import type { Choice } from './fights.js';
import type { Kind } from './kinds.js';
import type { Player } from './players.js';
import { buttonsOf, type ShownMessage } from './telegram.js';
import { queryIdOf } from './updates.js';

/** A player sees a press as failed when it is not answered within this time, in milliseconds. */
const ANSWER_MS_MAX = 15_000;

/** Telegram forgets a press after this time, in milliseconds. */
const QUERY_MS_MAX = 150_000;

/** A reply is matched to one of the last updates of its chat. */
const RECENT_PER_CHAT_MAX = 64;

/** An update that was posted, as far as it matters to what comes back. */
export interface Posted {
  updateId: number;
  dueMs: number;
  player: Player;
  kind: Kind;
  action: Action;
  /** Of the player's own message; undefined for a press. */
  messageId: number | undefined;
}

/** Which replies belong to which update, and which came twice or too late. */
export interface Replies {
  readonly duplicates: number;
  /** Presses that were answered after 15 s, or had to be by now. */
  answersLate(): number;
  posted(update: Posted): void;
  /** A message that the bot sent, edits not included. @returns the update that it answers */
  sent(message: ShownMessage, call: BotApiCall): Posted | undefined;
  /**
   * A press was answered.
   *
   * @returns who pressed what
   * @throws ApiError as Telegram, when it does not know the press or no longer does
   */
  answered(queryId: string): { player: Player; choice: Choice };
}

interface Recent {
  posted: Posted;
  /** Digests of its replies. */
  replies: Set<string>;
  isAnswered: boolean;
}

interface Press {
  recent: Recent;
  player: Player;
  choice: Choice;
  isAnswered: boolean;
}

/**
 * The Bot API does not say which update a call answers. It is certain for presses, for calls in the
 * webhook's own answer and for replies that quote the message. Otherwise the reply goes to one of
 * the last updates of the chat, and the same content again, with no other update of its kind left
 * to go to, is a duplicate. When in doubt it is none.
 */
export function createReplies(clock: Clock): Replies {
  const byChat = new Map<number, Recent[]>();
  const presses = new Map<string, Press>();
  let duplicates = 0;
  let late = 0;

  const isLate = ({ recent }: Press) => clock.monotonicMs() - recent.posted.dueMs > ANSWER_MS_MAX;

  const forgetPresses = () => {
    for (const [queryId, press] of presses) {
      if (clock.monotonicMs() - press.recent.posted.dueMs <= QUERY_MS_MAX) return;
      presses.delete(queryId);
      if (!press.isAnswered) late += 1;
    }
  };

  return {
    get duplicates() {
      return duplicates;
    },
    answersLate: () =>
      late + [...presses.values()].filter((press) => !press.isAnswered && isLate(press)).length,
    posted: (posted) => {
      const { action, player } = posted;
      const chatId = action.type === 'press' ? action.message.chatId : action.chatId;
      const recent = { posted, replies: new Set<string>(), isAnswered: false };
      const inChat = byChat.get(chatId) ?? [];
      byChat.set(chatId, inChat);
      inChat.push(recent);
      if (inChat.length > RECENT_PER_CHAT_MAX) inChat.shift();
      if (action.type === 'command') return;
      forgetPresses();
      const { message, data } = action;
      const press = { recent, player, choice: { message, data }, isAnswered: false };
      presses.set(queryIdOf(posted.updateId), press);
    },
    sent: (message, call) => {
      const inChat = byChat.get(message.chatId) ?? [];
      const digest = digestOf(message);
      const match = matchExactly(inChat, call) ?? matchLikely(inChat, message, digest);
      if (match === undefined) return undefined;
      if (match.replies.has(digest)) duplicates += 1;
      match.replies.add(digest);
      match.isAnswered = true;
      return match.posted;
    },
    answered: (queryId) => {
      forgetPresses();
      const press = presses.get(queryId);
      if (press === undefined) throw queryTooOld();
      if (press.isAnswered) duplicates += 1;
      else if (isLate(press)) late += 1;
      press.isAnswered = true;
      press.recent.isAnswered = true;
      return press;
    },
  };
}

function matchExactly(inChat: readonly Recent[], { updateId, params }: BotApiCall) {
  const quoted = (params.reply_parameters as { message_id?: number } | undefined)?.message_id;
  if (updateId === undefined && quoted === undefined) return undefined;
  return inChat.find(
    ({ posted }) =>
      posted.updateId === updateId || (quoted !== undefined && posted.messageId === quoted),
  );
}

function matchLikely(inChat: readonly Recent[], message: ShownMessage, digest: string) {
  const opensFight = buttonsOf(message).some((data) => data.startsWith('accept:'));
  const candidates = opensFight ? inChat.filter(({ posted }) => posted.kind === 'fight') : inChat;
  const waiting = candidates.find(({ isAnswered }) => !isAnswered);
  const holder = candidates.findLast(({ replies }) => replies.has(digest));
  if (holder === undefined) return waiting ?? candidates.at(-1);
  const sibling = candidates.find(
    ({ posted, replies }) => posted.kind === holder.posted.kind && !replies.has(digest),
  );
  return sibling ?? waiting ?? holder;
}

function digestOf({ text, keyboard }: ShownMessage): string {
  const content = JSON.stringify([text, keyboard?.inline_keyboard ?? []]);
  return hash('md5', content, 'base64');
}
