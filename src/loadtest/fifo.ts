/** First in, first out, at a cost that does not grow with the length. */
export interface Fifo<Item> {
  readonly length: number;
  push(item: Item): void;
  shift(): Item | undefined;
}

export function createFifo<Item>(): Fifo<Item> {
  let incoming: Item[] = [];
  // In reverse, so that the oldest is taken from the end.
  let outgoing: Item[] = [];
  return {
    get length() {
      return incoming.length + outgoing.length;
    },
    push: (item) => void incoming.push(item),
    shift: () => {
      if (outgoing.length === 0) {
        outgoing = incoming.reverse();
        incoming = [];
      }
      return outgoing.pop();
    },
  };
}
