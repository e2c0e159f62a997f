import type { Refusal } from '../game/verdict.js';
import { refusalText, refusedScreen } from '../game/view/refused.js';
import type { Screen } from '../game/view/screen.js';
import type { Reply } from '../store/store.js';
import type { Ask } from './classify.js';

/** Shows a screen: in place of the message whose button was pressed, else as a message. */
export function show(ask: Ask, screen: Screen): Reply[] {
  if (ask.press === null) return [say(ask, screen)];
  return [acknowledge(ask.press), ask.press.hasText ? edit(ask, screen) : say(ask, screen)];
}

/** Tells why not: in a window over the chat for a press, else as a message. */
export function deny(ask: Ask, refusal: Refusal): Reply[] {
  if (ask.press === null) return [say(ask, refusedScreen(refusal, ask.language))];
  const text = refusalText(refusal, ask.language);
  return [answer({ callback_query_id: ask.press.queryId, text, show_alert: true })];
}

/** A new message in the chat; in a group it quotes the command that it answers. */
export function say(ask: Ask, screen: Screen): Reply {
  const { chatId, press, messageId } = ask;
  const quote = chatId < 0 && press === null;
  return {
    method: 'sendMessage',
    payload: {
      ...placeOf(ask),
      ...(quote
        ? { reply_parameters: { message_id: messageId, allow_sending_without_reply: true } }
        : {}),
      text: screen.text,
      ...styleOf(screen),
    },
  };
}

/**
 * A picture with a screen below it. What is sent for `attach://` and the picture's path is decided
 * when it is sent: see `outbound/pictures.ts`.
 */
export function picture(ask: Ask, imagePath: string, screen: Screen): Reply {
  return {
    method: 'sendPhoto',
    payload: {
      ...placeOf(ask),
      photo: `attach://${imagePath}`,
      caption: screen.text,
      ...styleOf(screen),
    },
  };
}

export function edit({ chatId, messageId }: Ask, screen: Screen): Reply {
  return {
    method: 'editMessageText',
    payload: { chat_id: chatId, message_id: messageId, text: screen.text, ...styleOf(screen) },
  };
}

/** Ends the waiting sign on a button. */
export function acknowledge({ queryId }: { queryId: string }): Reply {
  return answer({ callback_query_id: queryId });
}

export function isAnswer({ method }: Reply): boolean {
  return method === ANSWER;
}

const ANSWER = 'answerCallbackQuery';

function answer(payload: Record<string, unknown>): Reply {
  return { method: ANSWER, payload };
}

function placeOf({ chatId, threadId }: Ask) {
  return {
    chat_id: chatId,
    ...(threadId === null ? {} : { message_thread_id: threadId }),
  };
}

function styleOf({ keyboard }: Screen) {
  return {
    parse_mode: 'HTML',
    ...(keyboard.length === 0 ? {} : { reply_markup: { inline_keyboard: keyboard.map(rowOf) } }),
  };
}

function rowOf(buttons: Screen['keyboard'][number]) {
  return buttons.map(({ text, data }) => ({ text, callback_data: data }));
}
