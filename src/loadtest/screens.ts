import type { Choice } from './fights.js';
import { buttonsOf, type ShownMessage } from './telegram.js';

/** The last messages with pages that each player has before them, in their private chat. */
export interface Screens {
  /** A message appeared or changed. */
  show(message: ShownMessage): void;
  /** The page buttons that a player sees. */
  pages(userId: number): Choice[];
}

/** Players do not scroll back further than this. */
const MESSAGES_MAX = 2;

const PAGE_BUTTON = /^(cards|top):/;

export function createScreens(): Screens {
  const byChat = new Map<number, ShownMessage[]>();
  return {
    show: (message) => {
      if (message.chatId < 0) return;
      const others = (byChat.get(message.chatId) ?? []).filter(
        ({ messageId }) => messageId !== message.messageId,
      );
      const hasPages = buttonsOf(message).some((data) => PAGE_BUTTON.test(data));
      const seen = hasPages ? [...others, message] : others;
      if (seen.length > 0) byChat.set(message.chatId, seen.slice(-MESSAGES_MAX));
      else byChat.delete(message.chatId);
    },
    pages: (userId) =>
      (byChat.get(userId) ?? []).flatMap((message) =>
        buttonsOf(message)
          .filter((data) => PAGE_BUTTON.test(data))
          .map((data) => ({ message, data })),
      ),
  };
}
