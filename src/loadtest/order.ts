import { createFifo, type Fifo } from './fifo.js';

/**
 * Telegram's order: of the items that share a key, the next comes up only once the one before is
 * finished. Items of different keys do not wait for each other.
 */
export interface OrderedQueue<Item> {
  /** How many items are not finished yet, those that were taken included. */
  readonly size: number;
  add(item: Item): void;
  /** The item that has been ready for longest, or undefined when none is. */
  take(): Item | undefined;
  /** A taken item that has to be taken again; its key stays blocked. */
  putBack(item: Item): void;
  /** A taken item that is done with: the next of its key is ready. */
  finish(item: Item): void;
}

/** @param keyOf see `messageKey` and `pressKey` */
export function createOrderedQueue<Item>(keyOf: (item: Item) => string): OrderedQueue<Item> {
  const ready = createFifo<Item>();
  /** By key that has an unfinished item: those that wait behind it. */
  const behind = new Map<string, Fifo<Item> | undefined>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    add: (item) => {
      size += 1;
      const key = keyOf(item);
      if (!behind.has(key)) {
        behind.set(key, undefined);
        ready.push(item);
        return;
      }
      const waiting = behind.get(key) ?? createFifo<Item>();
      waiting.push(item);
      behind.set(key, waiting);
    },
    take: () => ready.shift(),
    putBack: (item) => ready.push(item),
    finish: (item) => {
      size -= 1;
      const key = keyOf(item);
      const next = behind.get(key)?.shift();
      if (next === undefined) behind.delete(key);
      else ready.push(next);
    },
  };
}

/** Messages keep their order per chat. */
export function messageKey(chatId: number): string {
  return `chat ${chatId}`;
}

/** Button presses keep their order per user: two players at one table are concurrent. */
export function pressKey(userId: number): string {
  return `user ${userId}`;
}
