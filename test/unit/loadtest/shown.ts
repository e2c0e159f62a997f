import type { ShownMessage } from '../../../src/loadtest/telegram.js';

let lastMessageId = 0;

/** A message of the bot with one row of buttons. */
export function shown(chatId: number, buttons: string[], change: Partial<ShownMessage> = {}) {
  lastMessageId += 1;
  return {
    chatId,
    messageId: lastMessageId,
    text: 'text',
    keyboard: {
      inline_keyboard: [buttons.map((callback_data) => ({ text: 'x', callback_data }))],
    },
    ...change,
  } satisfies ShownMessage;
}
