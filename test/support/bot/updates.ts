import type { Update } from 'grammy/types';

/** Updates as Telegram posts them. */

export interface Sender {
  id: number;
  name: string;
  language?: string;
}

export const GROUP_ID = -1_002_000_000_001;

export interface CommandOptions {
  updateId: number;
  from: Sender;
  text: string;
  /** The private chat with the sender, unless given. */
  chatId?: number;
  dateS?: number;
}

export function commandUpdate({ updateId, from, text, chatId, dateS }: CommandOptions): Update {
  return {
    update_id: updateId,
    message: {
      message_id: updateId * 10,
      date: dateS ?? 1_760_171_400,
      from: userOf(from),
      chat: chatOf(chatId ?? from.id),
      text,
      entities: [{ type: 'bot_command', offset: 0, length: text.length }],
    },
  } as Update;
}

export interface PressOptions {
  updateId: number;
  from: Sender;
  data: string;
  chatId?: number;
  messageId?: number;
  /** The user whom the message names. */
  names?: number;
  /** A picture has no text. */
  isPicture?: boolean;
}

export function pressUpdate(options: PressOptions): Update {
  const { updateId, from, data, chatId, messageId = 77, names, isPicture = false } = options;
  const entities =
    names === undefined
      ? []
      : [{ type: 'text_mention', offset: 0, length: 1, user: { id: names, is_bot: false } }];
  return {
    update_id: updateId,
    callback_query: {
      id: `query-${updateId}`,
      from: userOf(from),
      chat_instance: '1',
      data,
      message: {
        message_id: messageId,
        date: 1_760_171_400,
        chat: chatOf(chatId ?? from.id),
        ...(isPicture ? { caption: '…', photo: [] } : { text: '…', entities }),
      },
    },
  } as unknown as Update;
}

function userOf({ id, name, language = 'fa' }: Sender) {
  return { id, is_bot: false, first_name: name, language_code: language };
}

function chatOf(id: number) {
  return id < 0 ? { id, type: 'supergroup', title: 'Group' } : { id, type: 'private' };
}
