import type { Action } from './behaviour.js';
import { messageKey, pressKey } from './order.js';
import type { Player } from './players.js';
import { BOT_USER, chatOf, type User } from './telegram.js';

/** The key of Telegram's order for what a player did. */
export function orderKeyOf(player: Player, action: Action): string {
  return action.type === 'press' ? pressKey(player.userId) : messageKey(action.chatId);
}

/** The id of a press, to be answered with `answerCallbackQuery`. */
export function queryIdOf(updateId: number): string {
  return String(updateId);
}

/** The Update object that Telegram posts for what a player did, as JSON. */
export function updateBody(
  updateId: number,
  messageId: number,
  player: Player,
  action: Action,
  at: Date,
): string {
  const date = Math.floor(at.getTime() / 1_000);
  const from = userOf(player);
  if (action.type === 'command') {
    const { chatId, text } = action;
    const entities = [{ type: 'bot_command', offset: 0, length: text.length }];
    const message = { message_id: messageId, from, chat: chatOf(chatId), date, text, entities };
    return JSON.stringify({ update_id: updateId, message });
  }
  const { message, data } = action;
  return JSON.stringify({
    update_id: updateId,
    callback_query: {
      id: queryIdOf(updateId),
      from,
      message: {
        message_id: message.messageId,
        from: BOT_USER,
        chat: chatOf(message.chatId),
        date,
        text: message.text,
        reply_markup: message.keyboard,
      },
      chat_instance: String(message.chatId),
      data,
    },
  });
}

function userOf({ userId, name }: Player): User {
  return { id: userId, is_bot: false, first_name: name, language_code: 'fa' };
}
