import type { Update } from 'grammy/types';

/** An update as it came in. */
export interface Delivery {
  update: Update;
  /** The same as it was sent, to be forwarded as it is. */
  raw: Buffer;
  /** How many bots have forwarded it. */
  hops: number;
}

/** What is said to whoever delivered an update. */
export interface Answer {
  /** 200: it is done with. Anything else, and Telegram sends it again. */
  status: number;
  /** One call of the Bot API, as JSON, or nothing. */
  body: string;
  retryAfterS?: number;
  /** Of the entry in the log. */
  errorId?: string;
  /** It was left to somebody's own bot, which keeps no ledger and tells no cache. */
  byForeign?: boolean;
}

export const DONE: Answer = { status: 200, body: '' };

/** Nobody could do it now. */
export const COME_BACK: Answer = { status: 503, body: '', retryAfterS: 1 };
