/** The parts of Bot API objects that this tool sends and reads; see core.telegram.org/bots/api. */
export interface Chat {
  id: number;
  type: 'private' | 'supergroup';
  title?: string;
  first_name?: string;
}

export interface User {
  id: number;
  is_bot: boolean;
  first_name: string;
  language_code?: string;
  username?: string;
}

export interface InlineButton {
  text: string;
  callback_data?: string;
}

export interface InlineKeyboard {
  inline_keyboard: InlineButton[][];
}

/** A message of the bot that a player can see. */
export interface ShownMessage {
  chatId: number;
  messageId: number;
  text: string;
  keyboard: InlineKeyboard | undefined;
}

export const BOT_USER: User = {
  id: 1,
  is_bot: true,
  first_name: 'Load test',
  username: 'loadtest_bot',
};

export function chatOf(chatId: number): Chat {
  return chatId < 0
    ? { id: chatId, type: 'supergroup', title: `Group ${-chatId}` }
    : { id: chatId, type: 'private', first_name: `Player ${chatId}` };
}

/** Every button's data, in reading order; buttons without any (links) are left out. */
export function buttonsOf(message: ShownMessage): string[] {
  const rows = message.keyboard?.inline_keyboard ?? [];
  return rows.flatMap((row) => row.flatMap(({ callback_data }) => callback_data ?? []));
}
