import type { Refusal } from '../verdict.js';

/**
 * A sentence for each reason: plain text, no HTML, at most 200 characters, so that it can be both a
 * message and the alert that answers a button.
 */
export type RefusalTexts = {
  [Each in Refusal as Each['reason']]: (refusal: Each) => string;
};
