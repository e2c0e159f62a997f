import type { CallbackQuery, Message, Update, User } from 'grammy/types';
import { type Button, parseButton } from '../game/buttons.js';
import { COMMANDS, type Command } from '../game/commands.js';
import type { Language } from '../game/texts/catalogue.js';
import type { Who } from '../game/view/name.js';

/** What a player asks for. `/cards` and `/leaderboard` are what their buttons ask for first. */
export type Request =
  | { kind: Exclude<Command, 'cards' | 'leaderboard'> }
  | Button
  /** A button that nobody knows, e.g. of an older version of the bot. */
  | { kind: 'unknown' };

/** One update of one player, as far as the game is concerned with it. */
export interface Ask {
  /** Whether it may change something. */
  access: 'read' | 'write';
  updateId: number;
  request: Request;
  who: Who;
  /** Negative for a group. Telegram's ids have at most 52 bits. */
  chatId: number;
  /** Of a group with topics, or null. */
  threadId: number | null;
  language: Language;
  /** The player's command, or the message with the button. */
  messageId: number;
  /** When the player sent it, Unix seconds; null for a press, which tells no time. */
  sentAtS: number | null;
  /** Null for a command. */
  press: Press | null;
}

export interface Press {
  queryId: string;
  /** Whether the message with the button is text; a picture's text cannot be edited as one. */
  hasText: boolean;
  /** The player whom the message names, and whose buttons these are; null for everybody's. */
  forUserId: bigint | null;
}

/**
 * What an update asks for; null when it is nothing to this bot, and only to be acknowledged;
 * `malformed` when Telegram cannot have sent it.
 */
export function classify(update: Update, botName: string): Ask | null | 'malformed' {
  try {
    return askOf(update, botName);
  } catch (error) {
    // A field that is missing, or of another type: what was posted is not ours to trust.
    if (error instanceof TypeError || error instanceof RangeError) return 'malformed';
    throw error;
  }
}

function askOf(update: Update, botName: string): Ask | null {
  if (update.message !== undefined) return commandOf(update.update_id, update.message, botName);
  if (update.callback_query !== undefined) return pressOf(update.update_id, update.callback_query);
  return null;
}

const WRITES: ReadonlySet<Request['kind']> = new Set(['claim', 'fight', 'accept', 'pick', 'stat']);

function commandOf(updateId: number, message: Message, botName: string): Ask | null {
  const { from, text, chat } = message;
  if (from === undefined || from.is_bot || text === undefined) return null;
  const command = commandIn(text, botName);
  if (command === null) return null;
  const who = whoIs(from);
  const request = requestOf(command, who.user_id);
  return {
    access: accessOf(request),
    updateId,
    request,
    who,
    chatId: whole(chat.id),
    threadId: threadOf(message),
    language: languageOf(from),
    messageId: whole(message.message_id),
    sentAtS: whole(message.date),
    press: null,
  };
}

/** A press under an inline message, which this bot never sends, has no message and no chat. */
function pressOf(updateId: number, query: CallbackQuery): Ask | null {
  const { from, message, data } = query;
  if (message === undefined || data === undefined || from.is_bot) return null;
  const request = parseButton(data) ?? { kind: 'unknown' as const };
  return {
    access: accessOf(request),
    updateId,
    request,
    who: whoIs(from),
    chatId: whole(message.chat.id),
    threadId: threadOf(message),
    language: languageOf(from),
    messageId: whole(message.message_id),
    sentAtS: null,
    press: {
      queryId: query.id,
      hasText: 'text' in message && message.text !== undefined,
      forUserId: namedIn(message),
    },
  };
}

/** The command at the start of a text, unless it is for another bot: `/claim@cardbot`. */
function commandIn(text: string, botName: string): Command | null {
  if (text.charCodeAt(0) !== SLASH) return null;
  const word = /^\/([A-Za-z]+)(?:@(\w+))?(?=\s|$)/.exec(text);
  const [, name = '', addressee] = word ?? [];
  if (addressee !== undefined && addressee.toLowerCase() !== botName.toLowerCase()) return null;
  const wanted = name.toLowerCase();
  return COMMANDS.find((command) => command === wanted) ?? null;
}

const SLASH = 47;

function requestOf(command: Command, userId: bigint): Request {
  switch (command) {
    case 'cards':
      return { kind: 'cards', ownerId: userId, page: 1 };
    case 'leaderboard':
      return { kind: 'top', window: 'all' };
    default:
      return { kind: command };
  }
}

function accessOf({ kind }: Request): Ask['access'] {
  return WRITES.has(kind) ? 'write' : 'read';
}

function whoIs(user: User): Who {
  return {
    user_id: BigInt(whole(user.id)),
    username: user.username ?? null,
    first_name: user.first_name,
  };
}

function whole(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  throw new TypeError('an id or a time is no whole number');
}

/** Players read Persian, unless their Telegram is in English. */
function languageOf({ language_code }: User): Language {
  return language_code?.toLowerCase().startsWith('en') === true ? 'en' : 'fa';
}

type PressedMessage = NonNullable<CallbackQuery['message']>;

function threadOf(message: Message | PressedMessage): number | null {
  if (!('is_topic_message' in message) || message.is_topic_message !== true) return null;
  return message.message_thread_id ?? null;
}

/** Telegram gives a mention back as the user whom it names. */
function namedIn(message: PressedMessage): bigint | null {
  const entities = 'entities' in message ? (message.entities ?? []) : [];
  for (const entity of entities) {
    if (entity.type === 'text_mention') return BigInt(entity.user.id);
  }
  return null;
}
